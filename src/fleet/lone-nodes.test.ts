import { describe, expect, test } from "vitest";
import { csiNodes, leases, nodes } from "../k8s/resources.ts";
import { TransportError } from "../k8s/transport.ts";
import { createTestCluster, settle } from "./fleet.fixture.ts";
import { createFleet, type NodeAccess } from "./index.ts";

const faithful = { profile: "kubelet" } as const;

describe("a fleet of nodes that run by themselves", () => {
  test("has watches and a Lease for each of them, none with a label of the fleet", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start(faithful);
    expect(fleet.status().nodes).toEqual({ wanted: 3, registered: 3, ready: 3 });
    await cluster.env.clock.advance(15_000);
    const watched = (path: string): number =>
      cluster.requests.filter((request) => request === `GET ${path} watch`).length;
    expect(watched("/api/v1/pods")).toBe(3);
    // Those of the kubelets, and those of the proxies.
    expect(watched("/api/v1/services")).toBe(6);
    expect(watched("/apis/discovery.k8s.io/v1/endpointslices")).toBe(3);
    for (const name of ["hollow-0", "hollow-1", "hollow-2"]) {
      const lease = await cluster.client.get(leases, { namespace: "kube-node-lease", name });
      expect(lease.metadata.labels).toBeUndefined();
    }
    expect(fleet.status().leases).toMatchObject({ late: 0, failed: 0 });
    await cluster.stop(fleet);
  });

  test("leaves the cluster as it was found, and asks nothing more", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start(faithful);
    await cluster.env.clock.advance(40_000);
    await cluster.stop(fleet, "delete");
    expect((await cluster.client.list(nodes)).items).toEqual([]);
    expect((await cluster.client.list(csiNodes)).items).toEqual([]);
    expect((await cluster.client.list(leases)).items).toEqual([]);
    const asked = cluster.requests.length;
    await cluster.env.clock.advance(600_000);
    expect(cluster.requests).toHaveLength(asked);
  });

  test("leaves alone the Leases and CSINodes of nodes that are not its own", async () => {
    const cluster = await createTestCluster();
    const { client } = cluster;
    const worker = await client.create(nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "worker" },
    });
    const { uid } = worker.metadata;
    await client.create(leases, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: "worker",
        namespace: "kube-node-lease",
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "worker", uid }],
      },
    });
    const fleet = await cluster.start(faithful);
    await cluster.env.clock.advance(40_000);
    await cluster.stop(fleet, "delete");
    const names = (await client.list(leases)).items.map(({ metadata }) => metadata.name);
    expect(names).toEqual(["worker"]);
  });

  test("starts as many at once as it is told", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start({ ...faithful, registrationsInFlight: 1 });
    const posts = cluster.requests.flatMap((request, at) =>
      request === "POST /api/v1/nodes" ? [at] : [],
    );
    const firstOf = (name: string): number =>
      cluster.requests.findIndex((request) => request.endsWith(`/${name}`));
    expect(posts).toHaveLength(3);
    expect(firstOf("hollow-1")).toBeGreaterThan(posts[0] ?? 0);
    expect(firstOf("hollow-2")).toBeGreaterThan(posts[1] ?? 0);
    await cluster.stop(fleet);
  });

  test("says why a node is not registered, and does not touch what is not its own", async () => {
    const cluster = await createTestCluster();
    const foreign = { apiVersion: "v1", kind: "Node", metadata: { name: "hollow-1" } };
    await cluster.client.create(nodes, foreign);
    const fleet = cluster.fleet(faithful);
    await settle(cluster.env.clock, fleet.start(new AbortController().signal));
    const ready = fleet.whenReady({ timeoutMs: 60_000 });
    await expect(settle(cluster.env.clock, ready)).rejects.toMatchObject({
      reason: "refused",
      message: expect.stringMatching(/^2 of 3 nodes are Ready; 1 not registered \(NodeNotOurs\): /),
    });
    const node = await cluster.client.get(nodes, { name: "hollow-1" });
    expect(node.status?.conditions ?? []).toEqual([]);
    await cluster.stop(fleet);
  });

  test("tries again when a node has no way in, and says so meanwhile", async () => {
    const cluster = await createTestCluster();
    let isOpen = false;
    const access: NodeAccess = {
      ...cluster.access,
      async open(component, signal) {
        if (!isOpen) throw new TransportError("credentials", "no certificate");
        return cluster.access.open(component, signal);
      },
    };
    const fleet = createFleet(
      { groups: [{ count: 2 }], kubeletVersion: "v1.34.4", ...faithful },
      { client: cluster.fleetClient, leaseClient: cluster.fleetClient, nodes: access },
      cluster.env,
    );
    await settle(cluster.env.clock, fleet.start(new AbortController().signal));
    await cluster.env.clock.advance(5_000);
    expect(fleet.status().failures).toMatchObject([
      { reason: "NoAccess", message: "no certificate", nodes: 2, final: false },
    ]);
    isOpen = true;
    await settle(cluster.env.clock, fleet.whenReady({ timeoutMs: 60_000 }));
    expect(fleet.status().failures).toEqual([]);
    await cluster.stop(fleet);
  });
});
