import { expect, test } from "vitest";
import type { Node, Taint, Toleration } from "../../k8s/types/core.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import { evictionDelayMs } from "./eviction-delay.ts";
import { changedTaints, noScheduleChange } from "./node-taints.ts";

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";

function nodeOf(
  conditions: readonly Condition[],
  taints: readonly Taint[] = [],
  unschedulable: boolean = false,
): Node {
  const metadata = { name: "a", uid: "1", resourceVersion: "1", creationTimestamp: "" };
  const spec = { taints, unschedulable };
  return { apiVersion: "v1", kind: "Node", metadata, spec, status: { conditions } };
}

const taint = (key: string, effect: Taint["effect"] = "NoSchedule"): Taint => ({ key, effect });

test.each<{ name: string; node: Node; after: readonly Taint[] }>([
  { name: "a ready node has none", node: nodeOf([{ type: "Ready", status: "True" }]), after: [] },
  {
    name: "a node that has become ready loses the one that it was admitted with",
    node: nodeOf([{ type: "Ready", status: "True" }], [taint(notReady)]),
    after: [],
  },
  {
    name: "an unknown node is unreachable, no longer not ready",
    node: nodeOf([{ type: "Ready", status: "Unknown" }], [taint(notReady)]),
    after: [taint(unreachable)],
  },
  {
    name: "pressure and cordoning add up",
    node: nodeOf([{ type: "DiskPressure", status: "True" }], [], true),
    after: [taint("node.kubernetes.io/unschedulable"), taint("node.kubernetes.io/disk-pressure")],
  },
  {
    name: "those of others, and those of other effects, stay",
    node: nodeOf(
      [{ type: "Ready", status: "True" }],
      [taint("team", "NoSchedule"), taint(notReady, "NoExecute"), taint(notReady)],
    ),
    after: [taint("team", "NoSchedule"), taint(notReady, "NoExecute")],
  },
])("of NoSchedule taints, $name", ({ node, after }) => {
  const change = noScheduleChange(node) ?? { add: [], remove: [] };
  const taints = changedTaints(node, change, 0).map(({ key, effect }) => ({ key, effect }));
  expect(taints).toEqual(after);
});

test("a node whose taints say what its conditions say needs no change", () => {
  const node = nodeOf([{ type: "Ready", status: "False" }], [taint(notReady)]);
  expect(noScheduleChange(node)).toBeUndefined();
});

const forSeconds = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});

test.each<{ name: string; tolerations: readonly Toleration[]; delayMs: number | undefined }>([
  { name: "at once without a toleration", tolerations: [], delayMs: 0 },
  { name: "at once if one taint is not tolerated", tolerations: [forSeconds("a")], delayMs: 0 },
  { name: "never", tolerations: [forSeconds("a"), forSeconds("b")], delayMs: undefined },
  {
    name: "after the shortest of the times",
    tolerations: [forSeconds("a", 300), forSeconds("b", 60)],
    delayMs: 60_000,
  },
  {
    name: "after the only time",
    tolerations: [forSeconds("a"), forSeconds("b", 300)],
    delayMs: 300_000,
  },
  {
    name: "at once for a negative time",
    tolerations: [forSeconds("a", -1), forSeconds("b")],
    delayMs: 0,
  },
])("a pod is evicted $name", ({ tolerations, delayMs }) => {
  const taints = [taint("a", "NoExecute"), taint("b", "NoExecute")];
  expect(evictionDelayMs(taints, tolerations)).toBe(delayMs);
});
