import { expect, test } from "vitest";
import { findCondition } from "../../k8s/conditions.ts";
import { events, nodes, pods } from "../../k8s/resources.ts";
import type { Node, Toleration } from "../../k8s/types/core.ts";
import {
  addNode,
  bindPods,
  type Plane,
  podsOf,
  renewLease,
  runPods,
  startPlane,
} from "../controllers.fixture.ts";

const unreachable = "node.kubernetes.io/unreachable";

async function getNode({ client }: Plane, name: string): Promise<Node> {
  return client.get(nodes, { name });
}

function readyOf({ status }: Node): string | undefined {
  return findCondition(status?.conditions, "Ready")?.status;
}

function taintsOf({ spec }: Node): readonly string[] {
  return (spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();
}

/** Lets time pass while the kubelets of those nodes renew their Leases. */
async function live(plane: Plane, seconds: number, alive: readonly string[]): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 10) {
    for (const name of alive) await renewLease(plane, name);
    await plane.clock.advance(Math.min(10, seconds - passed) * 1_000);
  }
}

async function startNodes(plane: Plane, names: readonly string[]): Promise<void> {
  for (const name of names) await addNode(plane, name);
  await live(plane, 10, names);
}

async function createPod(
  { client }: Plane,
  tolerations: readonly Toleration[] = [],
): Promise<void> {
  await client.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default" },
    spec: { containers: [{ name: "main", image: "nginx" }], tolerations },
  });
}

test("a node that renews its Lease stays ready, without any heartbeat", async () => {
  await using plane = await startPlane();
  await startNodes(plane, ["a", "b"]);
  await live(plane, 300, ["a", "b"]);
  expect(readyOf(await getNode(plane, "a"))).toBe("True");
  expect(taintsOf(await getNode(plane, "a"))).toEqual([]);
});

test("a silent node becomes unknown after the grace period, not before", async () => {
  await using plane = await startPlane();
  await startNodes(plane, ["a", "b"]);
  await live(plane, 40, ["b"]);
  expect(readyOf(await getNode(plane, "a"))).toBe("True");
  await live(plane, 20, ["b"]);
  const node = await getNode(plane, "a");
  expect(findCondition(node.status?.conditions, "Ready")).toMatchObject({
    status: "Unknown",
    reason: "NodeStatusUnknown",
    message: "Kubelet stopped posting node status.",
  });
  expect(findCondition(node.status?.conditions, "DiskPressure")?.status).toBe("Unknown");
  expect(taintsOf(node)).toEqual([`${unreachable}:NoExecute`, `${unreachable}:NoSchedule`]);
  expect(readyOf(await getNode(plane, "b"))).toBe("True");
  const told = (await plane.client.list(events)).items.map(({ reason }) => reason);
  expect(told).toContain("NodeNotReady");
  expect(plane.warnings).toEqual([]);
});

test("a node that comes back loses its taints", async () => {
  await using plane = await startPlane();
  await startNodes(plane, ["a", "b"]);
  await live(plane, 60, ["b"]);
  const conditions = [
    { type: "Ready", status: "True", lastHeartbeatTime: "2026-01-01T00:02:00Z" },
    { type: "MemoryPressure", status: "False" },
    { type: "DiskPressure", status: "False" },
    { type: "PIDPressure", status: "False" },
  ];
  const type = "application/strategic-merge-patch+json";
  const patch = { status: { conditions } };
  await plane.client.patch(nodes, { name: "a" }, type, patch, { subresource: "status" });
  await live(plane, 10, ["a", "b"]);
  expect(taintsOf(await getNode(plane, "a"))).toEqual([]);
});

test("a node whose kubelet has never posted its status is given the startup grace period", async () => {
  await using plane = await startPlane();
  await startNodes(plane, ["b"]);
  await plane.client.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "mute" } });
  await live(plane, 50, ["b"]);
  expect(readyOf(await getNode(plane, "mute"))).toBeUndefined();
  await live(plane, 20, ["b"]);
  const ready = findCondition((await getNode(plane, "mute")).status?.conditions, "Ready");
  expect(ready).toMatchObject({ status: "Unknown", reason: "NodeStatusNeverUpdated" });
});

test("the pods of a lost node are not ready, and are evicted when they tolerate it no longer", async () => {
  await using plane = await startPlane();
  await startNodes(plane, ["a", "b"]);
  await createPod(plane, [
    { key: unreachable, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
  ]);
  await bindPods(plane, "a");
  await runPods(plane);
  await live(plane, 70, ["b"]);
  const [pod] = await podsOf(plane.client);
  expect(findCondition(pod?.status?.conditions, "Ready")?.status).toBe("False");
  await live(plane, 270, ["b"]);
  expect((await podsOf(plane.client))[0]?.metadata.deletionTimestamp).toBeUndefined();
  await live(plane, 40, ["b"]);
  const [evicted] = await podsOf(plane.client);
  expect(evicted?.metadata.deletionTimestamp).toBeDefined();
  expect(findCondition(evicted?.status?.conditions, "DisruptionTarget")?.reason).toBe(
    "DeletionByTaintManager",
  );
});

test("when no node is ready, nobody is evicted", async () => {
  await using plane = await startPlane();
  const names = ["a", "b", "c"];
  await startNodes(plane, names);
  await live(plane, 120, []);
  for (const name of names) {
    expect(taintsOf(await getNode(plane, name))).toEqual([`${unreachable}:NoSchedule`]);
  }
});

test("a cordoned node is tainted at once", async () => {
  await using plane = await startPlane();
  await startNodes(plane, ["a"]);
  const patch = { spec: { unschedulable: true } };
  await plane.client.patch(nodes, { name: "a" }, "application/merge-patch+json", patch);
  await plane.clock.advance(100);
  expect(taintsOf(await getNode(plane, "a"))).toEqual([
    "node.kubernetes.io/unschedulable:NoSchedule",
  ]);
});

test("every node gets a podCIDR of its own, and one that is gone gives its back", async () => {
  await using plane = await startPlane({ clusterCidr: "10.1.0.0/22" });
  const names = ["a", "b", "c", "d"];
  await startNodes(plane, names);
  const cidrOf = async (name: string) => (await getNode(plane, name)).spec?.podCIDR;
  const cidrs = new Set(await Promise.all(names.map(cidrOf)));
  expect(cidrs).toEqual(new Set(["10.1.0.0/24", "10.1.1.0/24", "10.1.2.0/24", "10.1.3.0/24"]));
  const freed = await cidrOf("b");
  await plane.client.delete(nodes, { name: "b" });
  await startNodes(plane, ["e"]);
  expect(await cidrOf("e")).toBe(freed);
});

test("the pods of a node that is gone are deleted after the quarantine", async () => {
  await using plane = await startPlane();
  await startNodes(plane, ["a", "b"]);
  await createPod(plane);
  await bindPods(plane, "a");
  await plane.client.delete(nodes, { name: "a" });
  await live(plane, 40, ["b"]);
  expect(await podsOf(plane.client)).toHaveLength(1);
  await live(plane, 40, ["b"]);
  expect(await podsOf(plane.client)).toHaveLength(0);
});
