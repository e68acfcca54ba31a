import { expect, test } from "vitest";
import { parseTime } from "../../base/rfc3339.ts";
import type { Node } from "../../k8s/types/core.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import { type NodeHealth, observeHealth, silentConditions } from "./node-health.ts";

const created = "2026-01-01T00:00:00Z";
const now = { monotonicMs: 100_000, epochMs: parseTime("2026-01-01T00:00:30Z") ?? 0 };

function nodeOf(conditions: readonly Condition[]): Node {
  const metadata = { name: "a", uid: "1", resourceVersion: "1", creationTimestamp: created };
  return { apiVersion: "v1", kind: "Node", metadata, status: { conditions } };
}

function ready(lastHeartbeatTime: string): Condition {
  return { type: "Ready", status: "True", lastHeartbeatTime };
}

const leaseKey = "kube-node-lease/a";
const known: NodeHealth = {
  leaseKey,
  probeMs: 1,
  hasReady: true,
  heartbeat: "t1",
  renewTime: "r1",
};

test.each<{
  name: string;
  health?: NodeHealth;
  node: Node;
  renewTime?: string;
  probeMs: number;
}>([
  { name: "a new node that has posted", node: nodeOf([ready("t1")]), probeMs: 100_000 },
  { name: "a new node with a Lease", node: nodeOf([]), renewTime: "r1", probeMs: 100_000 },
  { name: "a new node that is mute: since its creation", node: nodeOf([]), probeMs: 70_000 },
  { name: "nothing new", health: known, node: nodeOf([ready("t1")]), renewTime: "r1", probeMs: 1 },
  { name: "no Lease any more", health: known, node: nodeOf([ready("t1")]), probeMs: 1 },
  { name: "a heartbeat", health: known, node: nodeOf([ready("t2")]), probeMs: 100_000 },
  {
    name: "a renewal",
    health: known,
    node: nodeOf([ready("t1")]),
    renewTime: "r2",
    probeMs: 100_000,
  },
])("the last sign of life after $name", ({ health, node, renewTime, probeMs }) => {
  const copy = health === undefined ? undefined : { ...health };
  expect(observeHealth(copy, node, renewTime, now).probeMs).toBe(probeMs);
});

test("a silent node's conditions become unknown once, and keep their heartbeat", () => {
  const first = silentConditions(nodeOf([ready("t1")]), now.epochMs);
  expect(first?.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
    "Ready NodeStatusUnknown",
    "MemoryPressure NodeStatusNeverUpdated",
    "DiskPressure NodeStatusNeverUpdated",
    "PIDPressure NodeStatusNeverUpdated",
  ]);
  expect(first?.[0]).toMatchObject({
    lastHeartbeatTime: "t1",
    lastTransitionTime: "2026-01-01T00:00:30Z",
  });
  expect(silentConditions(nodeOf(first ?? []), now.epochMs)).toBeUndefined();
});
