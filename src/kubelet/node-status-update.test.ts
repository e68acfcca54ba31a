import { describe, expect, test } from "vitest";
import type { Node, NodeStatus } from "../k8s/types/core.ts";
import {
  type NodeFacts,
  nextNodeStatus,
  nodePatch,
  nodeStatusEvents,
  nodeStatusHasChanged,
} from "./node-status-update.ts";
import { kubeletHabits } from "./profiles/kubelet-habits.ts";

const { habits } = kubeletHabits({ profile: "kubemark", kubeletVersion: "v1.34.4" });
const facts: NodeFacts = {
  capacity: habits.capacity,
  addresses: [
    { type: "InternalIP", address: "198.18.0.1" },
    { type: "Hostname", address: "hollow-0" },
  ],
  nodeInfo: habits.node.nodeInfo,
  declaredFeatures: undefined,
  images: undefined,
  notReady: undefined,
};
const atMs = 1_767_225_600_000;
const first = nextNodeStatus(undefined, facts, atMs);

function nodeWith(status: NodeStatus): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n", uid: "u", resourceVersion: "1", creationTimestamp: "" },
    status,
  };
}

function patchOf(before: NodeStatus, after: NodeStatus): unknown {
  return nodePatch(nodeWith(before), { labels: {}, annotations: {}, status: after });
}

const order = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"].map((type) => ({ type }));

describe("the status that follows", () => {
  test("says nothing new within a second", () => {
    const next = nextNodeStatus(first, facts, atMs + 999);
    expect(nodeStatusHasChanged(first, next)).toBe(false);
    expect(patchOf(first, next)).toEqual({});
  });

  test("later has new heartbeats, which are no change", () => {
    const next = nextNodeStatus(first, facts, atMs + 300_000);
    const lastHeartbeatTime = "2026-01-01T00:05:00Z";
    expect(nodeStatusHasChanged(first, next)).toBe(false);
    expect(patchOf(first, next)).toEqual({
      status: {
        "$setElementOrder/conditions": order,
        conditions: order.map(({ type }) => ({ lastHeartbeatTime, type })),
      },
    });
  });

  test("of a node that becomes Ready says since when", () => {
    const waiting = nextNodeStatus(undefined, { ...facts, notReady: "wait" }, atMs);
    const next = nextNodeStatus(waiting, facts, atMs + 1_000);
    expect(nodeStatusHasChanged(waiting, next)).toBe(true);
    expect(nodeStatusEvents(waiting, next)).toEqual(["NodeReady"]);
    const time = "2026-01-01T00:00:01Z";
    expect(patchOf(waiting, next)).toEqual({
      status: {
        "$setElementOrder/conditions": order,
        conditions: [
          ...order.slice(0, 3).map(({ type }) => ({ lastHeartbeatTime: time, type })),
          {
            lastHeartbeatTime: time,
            lastTransitionTime: time,
            message: "kubelet is posting ready status",
            reason: "KubeletReady",
            status: "True",
            type: "Ready",
          },
        ],
      },
    });
  });

  test.each([
    { name: "images that come", images: [{ names: ["a:1"] }], patch: [{ names: ["a:1"] }] },
    { name: "images that go", before: [{ names: ["a:1"] }], images: undefined, patch: null },
  ])("names $name", ({ before, images, patch }) => {
    const known = nextNodeStatus(undefined, { ...facts, images: before }, atMs);
    const next = nextNodeStatus(known, { ...facts, images }, atMs);
    expect(nodeStatusHasChanged(known, next)).toBe(true);
    expect(patchOf(known, next)).toEqual({ status: { images: patch } });
  });

  test("replaces addresses as a whole", () => {
    const addresses = [{ type: "Hostname" as const, address: "other" }];
    const next = nextNodeStatus(first, { ...facts, addresses }, atMs);
    expect(patchOf(first, next)).toEqual({
      status: { addresses: [...addresses, { $patch: "replace" }] },
    });
  });

  test("keeps the conditions and resources of others, and gives the resources to pods", () => {
    const theirs = { type: "KernelDeadlock", status: "False" as const, reason: "KernelHasNone" };
    const known: NodeStatus = {
      ...first,
      conditions: [theirs, ...(first.conditions ?? [])],
      capacity: { ...first.capacity, "example.com/dongle": "2" },
    };
    const next = nextNodeStatus(known, facts, atMs);
    expect(next.conditions?.[0]).toEqual(theirs);
    expect(patchOf(known, next)).toEqual({
      status: { allocatable: { "example.com/dongle": "2" } },
    });
  });

  test("speaks of a node for the first time in three events", () => {
    expect(nodeStatusEvents(undefined, first)).toEqual([
      "NodeHasSufficientMemory",
      "NodeHasNoDiskPressure",
      "NodeHasSufficientPID",
    ]);
  });
});

test("labels and annotations are patched where they differ", () => {
  const node = {
    ...nodeWith(first),
    metadata: { ...nodeWith(first).metadata, labels: { a: "1" } },
  };
  const wanted = { labels: { a: "1", b: "2" }, annotations: { c: "3" }, status: first };
  expect(nodePatch(node, wanted)).toEqual({
    metadata: { labels: { b: "2" }, annotations: { c: "3" } },
  });
});
