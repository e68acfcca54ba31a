import { describe, expect, test } from "vitest";
import { parseTime } from "../../src/base/rfc3339.ts";
import { startControllers } from "../../src/controllers/index.ts";
import { createTestCluster, settle } from "../../src/fleet/fleet.fixture.ts";
import { leases, nodes } from "../../src/k8s/resources.ts";
import type { Node } from "../../src/k8s/types/core.ts";
import { createKubeletBench } from "../../src/kubelet/kubelet.fixture.ts";

const hourMs = 3_600_000;
const jumps = [
  { name: "an hour forward", jumpMs: hourMs },
  { name: "an hour back", jumpMs: -hourMs },
];

const isReady = ({ status }: Node): boolean =>
  (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");

describe.each(jumps)("when the wall clock jumps $name", ({ jumpMs }) => {
  test("a fleet goes on as before, and its control plane too", async () => {
    const cluster = await createTestCluster();
    const { client, env } = cluster;
    const { clock } = env;
    await using _controllers = startControllers({ client, rootCaPem: "" }, env);
    const fleet = await cluster.start({ groups: [{ count: 10 }] });
    await cluster.createPod("before");
    // All is spread out after five minutes: one heartbeat a node, and 30 Leases.
    await clock.advance(300_000);
    cluster.requests.length = 0;
    await clock.advance(300_000);
    const usual = cluster.requests.length;
    expect(usual).toBeGreaterThan(10 * 30);

    clock.jump(jumpMs);
    cluster.requests.length = 0;
    await cluster.createPod("after");
    await clock.advance(300_000);
    expect(Math.abs(cluster.requests.length - usual)).toBeLessThan(30);
    const { leases: counts, nodes: found } = fleet.status();
    expect(counts).toMatchObject({ late: 0, failed: 0 });
    expect(counts.longestGapMs).toBeLessThan(13_000);
    expect(found).toEqual({ wanted: 10, registered: 10, ready: 10 });
    expect((await client.list(nodes)).items.filter(isReady)).toHaveLength(10);
    for (const name of ["before", "after"]) {
      expect(await cluster.pod(name)).toMatchObject({ status: { phase: "Running" } });
    }
    // What is written says the time that the clock says.
    for (const { spec } of (await client.list(leases)).items) {
      const renewedMs = parseTime(spec?.renewTime ?? "") ?? 0;
      expect(Math.abs(clock.nowMs() - renewedMs)).toBeLessThan(13_000);
    }
    await cluster.stop(fleet);
  });

  test("nobody takes the fleet from whoever runs it", async () => {
    const cluster = await createTestCluster();
    const never = () => false;
    const fleet = await cluster.start({ identity: { holder: "one", isGone: never } });
    const second = cluster.fleet({ identity: { holder: "two", isGone: never } });
    cluster.env.clock.jump(jumpMs);
    const taken = settle(cluster.env.clock, second.start(new AbortController().signal));
    await expect(taken).rejects.toMatchObject({ reason: "held" });
    await cluster.stop(fleet);
  });

  test("a kubelet that runs by itself goes on as before", async () => {
    const bench = await createKubeletBench();
    const { clock } = bench.env;
    await using started = bench.start();
    await clock.advance(300_000);
    started.lines();
    await clock.advance(600_000);
    const usual = started.lines().length;
    expect(usual).toBeGreaterThan(60);
    clock.jump(jumpMs);
    await clock.advance(600_000);
    expect(Math.abs(started.lines().length - usual)).toBeLessThan(6);
    expect(started.kubelet.ready).toBe(true);
    expect(started.observed.filter((what) => what === "failed")).toEqual([]);
  });
});
