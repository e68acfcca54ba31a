import { describe, expect, test } from "vitest";
import type { JsonObject } from "../k8s/json.ts";
import { csiNodes, leases, nodes, pods } from "../k8s/resources.ts";
import { failure } from "../k8s/status.ts";
import { TransportError } from "../k8s/transport.ts";
import { createTestCluster, settle } from "./fleet.fixture.ts";

const names = (list: {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}) => list.items.map(({ metadata }) => metadata.name).sort();

describe("a fleet", () => {
  test("registers its nodes with one request each, then makes Leases and CSINodes", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    expect(fleet.status().nodes).toEqual({ wanted: 3, registered: 3, ready: 3 });
    expect(
      cluster.requests.filter((request) => request.startsWith("POST /api/v1/nodes")),
    ).toHaveLength(3);

    await cluster.env.clock.advance(30_000);
    expect(names(await cluster.client.list(csiNodes))).toEqual([
      "hollow-0",
      "hollow-1",
      "hollow-2",
    ]);
    const found = await cluster.client.list(leases, { namespace: "kube-node-lease" });
    expect(names(found)).toEqual(["hollow-0", "hollow-1", "hollow-2", "hollowmark-fleet-default"]);
    const node = await cluster.client.get(nodes, { name: "hollow-1" });
    expect(found.items.find(({ metadata }) => metadata.name === "hollow-1")).toMatchObject({
      metadata: { ownerReferences: [{ kind: "Node", name: "hollow-1", uid: node.metadata.uid }] },
      spec: { holderIdentity: "hollow-1", leaseDurationSeconds: 40 },
    });
    await cluster.stop(fleet);
  });

  test("renews each Lease every 10 s, with one PUT and at most 4 % later", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    await cluster.env.clock.advance(10_000);
    cluster.requests.length = 0;
    await cluster.env.clock.advance(600_000);
    const puts = cluster.requests.filter((request) => request.endsWith("/leases/hollow-0"));
    expect(puts.length).toBeGreaterThanOrEqual(57);
    expect(puts.length).toBeLessThanOrEqual(60);
    expect(puts.every((request) => request.startsWith("PUT"))).toBe(true);
    expect(fleet.status().leases).toMatchObject({ late: 0, failed: 0 });
    expect(fleet.status().leases.longestGapMs).toBeLessThanOrEqual(10_500);
    await cluster.stop(fleet);
  });

  test("posts the status of each node every 5 minutes", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    await cluster.env.clock.advance(300_000);
    cluster.requests.length = 0;
    await cluster.env.clock.advance(620_000);
    const patches = cluster.requests.filter(
      (request) => request === "PATCH /api/v1/nodes/hollow-0/status",
    );
    expect(patches).toHaveLength(2);
    await cluster.stop(fleet);
  });

  test("leaves the cluster as it was found", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    await cluster.env.clock.advance(40_000);
    await cluster.stop(fleet, "delete");
    expect((await cluster.client.list(nodes)).items).toEqual([]);
    expect((await cluster.client.list(csiNodes)).items).toEqual([]);
    expect((await cluster.client.list(leases)).items).toEqual([]);
    const asked = cluster.requests.length;
    await cluster.env.clock.advance(600_000);
    expect(cluster.requests).toHaveLength(asked);
  });

  test("can leave its nodes behind, and a new one takes them up again", async () => {
    const cluster = await createTestCluster();
    await cluster.stop(await cluster.start(), "keep");
    const before = await cluster.client.list(nodes);
    expect(before.items).toHaveLength(3);
    cluster.requests.length = 0;
    const fleet = await cluster.start();
    expect(cluster.requests.filter((request) => request.startsWith("POST /api/v1/nodes"))).toEqual(
      [],
    );
    const after = await cluster.client.list(nodes);
    expect(after.items.map(({ metadata }) => metadata.uid)).toEqual(
      before.items.map(({ metadata }) => metadata.uid),
    );
    await cluster.stop(fleet);
  });

  test("registers a node again that was deleted behind its back, and counts it", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    await cluster.env.clock.advance(20_000);
    const before = await cluster.client.get(nodes, { name: "hollow-1" });
    await cluster.client.delete(nodes, { name: "hollow-1" });
    await cluster.env.clock.advance(20_000);
    const after = await cluster.client.get(nodes, { name: "hollow-1" });
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    const lease = await cluster.client.get(leases, {
      namespace: "kube-node-lease",
      name: "hollow-1",
    });
    expect(lease.metadata.ownerReferences?.[0]?.uid).toBe(after.metadata.uid);
    expect(fleet.status()).toMatchObject({ reregistrations: 1, nodes: { ready: 3 } });
    await cluster.stop(fleet);
  });

  test("contradicts who declares its nodes Unknown", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    const conditions = [{ type: "Ready", status: "Unknown", reason: "NodeStatusUnknown" }];
    await cluster.client.patch(
      nodes,
      { name: "hollow-1" },
      "application/strategic-merge-patch+json",
      { status: { conditions } },
      { subresource: "status" },
    );
    await cluster.env.clock.advance(10);
    expect(fleet.status().nodes.ready).toBe(2);
    await cluster.env.clock.advance(1_500);
    expect(fleet.status().nodes.ready).toBe(3);
    await cluster.stop(fleet);
  });
});

describe("a fleet cannot start", () => {
  test("nodes of others: it says whose they are, and touches nothing", async () => {
    const cluster = await createTestCluster();
    const foreign = { apiVersion: "v1", kind: "Node", metadata: { name: "hollow-1" } };
    await cluster.client.create(nodes, foreign);
    const before = await cluster.client.get(nodes, { name: "hollow-1" });
    const fleet = cluster.fleet();
    await settle(cluster.env.clock, fleet.start(new AbortController().signal));
    const ready = settle(cluster.env.clock, fleet.whenReady({ timeoutMs: 60_000 }));
    await expect(ready).rejects.toMatchObject({
      reason: "refused",
      message:
        '2 of 3 nodes are Ready; 1 not registered (NodeNotOurs): node "hollow-1" exists and does ' +
        "not belong to this fleet: expected the label hollowmark/fleet=default, it has no such label",
    });
    expect(fleet.status().failures).toMatchObject([
      { reason: "NodeNotOurs", examples: ["hollow-1"] },
    ]);
    await cluster.stop(fleet);
    expect(await cluster.client.get(nodes, { name: "hollow-1" })).toEqual(before);
  });

  test("without the right to create nodes", async () => {
    const cluster = await createTestCluster();
    const status = failure(
      403,
      "Forbidden",
      'nodes is forbidden: User "x" cannot create resource "nodes"',
    );
    cluster.intercept = ({ method, path }) => {
      if (method !== "POST" || path !== "/api/v1/nodes") return undefined;
      const value = status as unknown as JsonObject;
      return Promise.resolve({ status: 403, headers: {}, body: { kind: "object", value } });
    };
    const fleet = cluster.fleet();
    await settle(cluster.env.clock, fleet.start(new AbortController().signal));
    const ready = settle(cluster.env.clock, fleet.whenReady({ timeoutMs: 60_000 }));
    await expect(ready).rejects.toMatchObject({
      reason: "refused",
      message: `0 of 3 nodes are Ready; 3 not registered (Forbidden): ${status.message}`,
    });
    await cluster.stop(fleet);
  });

  test("where nobody listens", async () => {
    const cluster = await createTestCluster();
    cluster.reachable(false);
    const start = cluster.fleet().start(new AbortController().signal);
    await expect(settle(cluster.env.clock, start)).rejects.toMatchObject({ reason: "unreachable" });
  });

  test("in time, and says how far it came", async () => {
    const cluster = await createTestCluster();
    cluster.intercept = ({ method, path }) =>
      method === "POST" && path === "/api/v1/nodes"
        ? Promise.reject(new TransportError("unreachable", "connection refused"))
        : undefined;
    const fleet = cluster.fleet();
    await settle(cluster.env.clock, fleet.start(new AbortController().signal));
    const ready = settle(cluster.env.clock, fleet.whenReady({ timeoutMs: 5_000 }));
    await expect(ready).rejects.toMatchObject({
      reason: "timeout",
      message: "0 of 3 nodes are Ready; 3 not registered (unreachable): connection refused",
    });
    await cluster.stop(fleet);
  });
});

test("an API server that is away for 60 s: all nodes and pods recover, jittered", async () => {
  const cluster = await createTestCluster();
  const fleet = await cluster.start({ groups: [{ count: 50 }] });
  await cluster.createPod("early");
  await cluster.env.clock.advance(30_000);
  cluster.reachable(false);
  await cluster.createPod("meanwhile");
  await cluster.client.delete(pods, { namespace: "default", name: "early" });
  await cluster.env.clock.advance(60_000);
  cluster.requests.length = 0;
  cluster.reachable(true);
  await cluster.env.clock.advance(1_000);
  const atOnce = cluster.requests.filter((request) => request.includes("/leases/")).length;
  expect(atOnce).toBeLessThan(25);
  await cluster.env.clock.advance(60_000);
  const renewed = new Set(
    cluster.requests.filter((request) => request.includes("/leases/hollow-")),
  );
  expect(renewed.size).toBe(50);
  expect((await cluster.pod("meanwhile")).status?.phase).toBe("Running");
  expect(fleet.status().pods).toMatchObject({ Running: 1, Pending: 0 });
  await expect(cluster.pod("early")).rejects.toMatchObject({ code: 404 });
  expect(fleet.status()).toMatchObject({ nodes: { ready: 50 }, leases: { late: 50 } });
  await cluster.stop(fleet);
});
