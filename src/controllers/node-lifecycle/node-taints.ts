import { toTime } from "../../base/rfc3339.ts";
import type { Client } from "../../client/index.ts";
import { nodes } from "../../k8s/resources.ts";
import type { Node, Taint } from "../../k8s/types/core.ts";
import type { Condition } from "../../k8s/types/meta.ts";

export const notReadyKey = "node.kubernetes.io/not-ready";
export const unreachableKey = "node.kubernetes.io/unreachable";
const unschedulableKey = "node.kubernetes.io/unschedulable";

/** Which NoSchedule taint a condition stands for, by its type and status. */
const conditionTaints: Readonly<
  Record<string, Readonly<Partial<Record<Condition["status"], string>>>>
> = {
  Ready: { False: notReadyKey, Unknown: unreachableKey },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
};

/** The keys that the controller sets and removes by itself. */
const managedKeys: ReadonlySet<string> = new Set([
  unschedulableKey,
  ...Object.values(conditionTaints).flatMap((byStatus) => Object.values(byStatus)),
]);

export interface TaintChange {
  readonly add: readonly Pick<Taint, "key" | "effect">[];
  readonly remove: readonly Pick<Taint, "key" | "effect">[];
}

/**
 * How the NoSchedule taints of a node have to change to say what its conditions and
 * `spec.unschedulable` say; undefined if they do. Called for every event of every node. Follows
 * `doNoScheduleTaintingPass` of `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
 */
export function noScheduleChange(node: Node): TaintChange | undefined {
  const { taints = [], unschedulable = false } = node.spec ?? {};
  const wanted: string[] = unschedulable ? [unschedulableKey] : [];
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = conditionTaints[type]?.[status];
    if (key !== undefined) wanted.push(key);
  }
  const managed = taints.filter(
    ({ key, effect }) => effect === "NoSchedule" && managedKeys.has(key),
  );
  const add = wanted.filter((key) => !managed.some((taint) => taint.key === key));
  const remove = managed.filter(({ key }) => !wanted.includes(key));
  if (add.length === 0 && remove.length === 0) return undefined;
  return { add: add.map((key) => ({ key, effect: "NoSchedule" })), remove };
}

export function hasNoExecute(node: Node, key: string): boolean {
  return (
    node.spec?.taints?.some((taint) => taint.key === key && taint.effect === "NoExecute") === true
  );
}

/** The taints of a node after a change; new ones carry the time, as taints of the controller do. */
export function changedTaints(node: Node, change: TaintChange, nowMs: number): readonly Taint[] {
  const isOneOf = (taint: Taint, list: TaintChange["add"]): boolean =>
    list.some(({ key, effect }) => key === taint.key && effect === taint.effect);
  const kept = (node.spec?.taints ?? []).filter(
    (taint) => !isOneOf(taint, change.remove) && !isOneOf(taint, change.add),
  );
  const timeAdded = toTime(nowMs);
  return [...kept, ...change.add.map((taint) => ({ ...taint, timeAdded }))];
}

/**
 * Writes a change of taints. The list is replaced as a whole, because two taints of one key and
 * different effects cannot be told apart by a strategic merge; the version guards it.
 *
 * @throws ApiError `Conflict` when the node has changed meanwhile.
 */
export async function writeTaints(
  client: Client,
  node: Node,
  change: TaintChange,
  nowMs: number,
): Promise<Node> {
  const { name, resourceVersion, uid } = node.metadata;
  const taints = changedTaints(node, change, nowMs);
  const patch = { metadata: { uid, resourceVersion }, spec: { taints } };
  return client.patch(nodes, { name }, "application/merge-patch+json", patch);
}
