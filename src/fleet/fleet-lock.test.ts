import { describe, expect, test } from "vitest";
import { csiNodes, leases, nodes, pods } from "../k8s/resources.ts";
import { createTestCluster, settle, type TestCluster } from "./fleet.fixture.ts";
import type { HolderIdentity } from "./fleet-options.ts";
import { createFleet, createProcessIdentity, removeFleet } from "./index.ts";

const lock = { namespace: "kube-node-lease", name: "hollowmark-fleet-default" };
const never = () => false;
const one: HolderIdentity = { holder: "one", isGone: never };
const two: HolderIdentity = { holder: "two", isGone: never };

const start = (cluster: TestCluster, identity: HolderIdentity) =>
  settle(cluster.env.clock, cluster.fleet({ identity }).start(new AbortController().signal));

const remove = (cluster: TestCluster, force = false, identity = two) => {
  const { client, env } = cluster;
  const options = { client, fleet: "default", force, identity };
  return settle(env.clock, removeFleet(options, env, new AbortController().signal));
};

/** A fleet whose process ends without a word. */
async function killed(cluster: TestCluster, identity: HolderIdentity): Promise<void> {
  await cluster.start({ identity });
  await cluster.env.clock.advance(40_000);
  cluster.reachable(false);
}

describe("a fleet of one name", () => {
  test("is run by one process at a time", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start({ identity: one });
    await expect(start(cluster, two)).rejects.toMatchObject({
      name: "FleetError",
      reason: "held",
      message: expect.stringMatching(
        /^fleet "default" is run by another process: one, which renewed it at 2026/,
      ),
    });
    await cluster.stop(fleet);
    await expect(cluster.client.get(leases, lock)).rejects.toMatchObject({ code: 404 });
    await start(cluster, two);
  });

  test("is taken over when its process gave no sign of life for 15 s", async () => {
    const cluster = await createTestCluster();
    await killed(cluster, one);
    const second = createFleet(
      { groups: [{ count: 3 }], kubeletVersion: "v1.34.4", identity: two, profile: "light" },
      { client: cluster.client, leaseClient: cluster.client, nodes: cluster.access },
      cluster.env,
    );
    const startMs = cluster.env.clock.monotonicMs();
    await settle(cluster.env.clock, second.start(new AbortController().signal));
    expect(cluster.env.clock.monotonicMs() - startMs).toBeGreaterThan(15_000);
    expect((await cluster.client.get(leases, lock)).spec?.holderIdentity).toBe("two");
    await cluster.stop(second);
  });

  test("is lost to whoever takes it over, and then deletes nothing", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start({ identity: one });
    const held = await cluster.client.get(leases, lock);
    await cluster.client.update(leases, { ...held, spec: { ...held.spec, holderIdentity: "two" } });
    const lost = expect(fleet.failed).rejects.toMatchObject({
      reason: "lost",
      message: 'fleet "default" was taken over by two',
    });
    await cluster.env.clock.advance(6_000);
    await lost;
    await cluster.stop(fleet, "delete");
    expect((await cluster.client.list(nodes)).items).toHaveLength(3);
    const asked = cluster.requests.length;
    await cluster.env.clock.advance(60_000);
    expect(cluster.requests).toHaveLength(asked);
  });

  test("survives that the API server is away for longer than its lock lasts", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start({ identity: one });
    cluster.reachable(false);
    await cluster.env.clock.advance(60_000);
    cluster.reachable(true);
    await cluster.env.clock.advance(60_000);
    await expect(start(cluster, two)).rejects.toMatchObject({ reason: "held" });
    await cluster.stop(fleet);
  });
});

describe("removing a fleet", () => {
  test("is refused while a process runs it, unless by force, which ends it there", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start({ identity: one });
    await expect(remove(cluster)).rejects.toMatchObject({ reason: "held" });
    expect((await cluster.client.list(nodes)).items).toHaveLength(3);
    const lost = expect(fleet.failed).rejects.toMatchObject({
      message: 'fleet "default" was removed',
    });
    expect(await remove(cluster, true)).toMatchObject({ nodes: 3 });
    await lost;
    await cluster.env.clock.advance(60_000);
    expect((await cluster.client.list(nodes)).items).toEqual([]);
    expect((await cluster.client.list(leases)).items).toEqual([]);
  });

  test("takes what its dead process left, and nothing else", async () => {
    const cluster = await createTestCluster();
    await killed(cluster, one);
    await cluster.createPod("web");
    const other = { "hollowmark/fleet": "other" };
    const node = { apiVersion: "v1", kind: "Node" };
    await cluster.client.create(nodes, { ...node, metadata: { name: "theirs", labels: other } });
    await cluster.client.create(nodes, { ...node, metadata: { name: "worker" } });
    const gone: HolderIdentity = { holder: "two", isGone: (holder) => holder === "one" };
    expect(await remove(cluster, false, gone)).toEqual({ nodes: 3, leases: 3, csiNodes: 3 });
    expect((await cluster.client.list(nodes)).items.map(({ metadata }) => metadata.name)).toEqual([
      "theirs",
      "worker",
    ]);
    expect((await cluster.client.list(leases)).items).toEqual([]);
    expect((await cluster.client.list(csiNodes)).items).toEqual([]);
    expect((await cluster.client.list(pods)).items).toHaveLength(1);
    expect(await remove(cluster)).toEqual({ nodes: 0, leases: 0, csiNodes: 0 });
  });

  test("waits 15 s for a sign of life of a process elsewhere", async () => {
    const cluster = await createTestCluster();
    await killed(cluster, one);
    const startMs = cluster.env.clock.monotonicMs();
    expect(await remove(cluster)).toMatchObject({ nodes: 3 });
    const tookMs = cluster.env.clock.monotonicMs() - startMs;
    expect(tookMs).toBeGreaterThan(15_000);
    expect(tookMs).toBeLessThan(17_000);
  });
});

test("a process knows itself as running, and who has ended on this machine as gone", async () => {
  const cluster = await createTestCluster();
  const { holder, isGone } = createProcessIdentity(cluster.env.random);
  expect(isGone(holder)).toBe(false);
  expect(isGone(holder.replace(/_\d+_/, "_4194305_"))).toBe(true);
  expect(isGone(`elsewhere${holder.replace(/_\d+_/, "_4194305_")}`)).toBe(false);
  expect(isGone("who knows")).toBe(false);
});
