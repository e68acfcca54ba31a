import { parseTime } from "../base/rfc3339.ts";
import { findCondition } from "../k8s/conditions.ts";
import { isPodReady } from "../k8s/pods.ts";
import type { Pod } from "../k8s/types/core.ts";

/** What makes one pod go before another, most important first; all of it: the smaller goes first. */
interface Rank {
  readonly pod: Pod;
  readonly assigned: number;
  readonly phase: number;
  readonly ready: number;
  readonly deletionCost: number;
  /** Minus the number of its siblings on the node: the fuller node gives first. */
  readonly crowd: number;
  /** Logarithm of how long it has been ready; younger goes first. */
  readonly readyAge: number;
  readonly restarts: number;
  readonly age: number;
}

const phaseRanks: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The pods in the order in which a controller that has too many deletes them: unassigned before
 * assigned, pending before running, not ready before ready, lower
 * `controller.kubernetes.io/pod-deletion-cost`, more siblings (of `related`) on its node, ready for a
 * shorter time, more restarts, younger. Times count by their logarithm and then by UID, so that not
 * always the youngest goes. Follows `ActivePodsWithRanks` of `pkg/controller/controller_utils.go`.
 */
export function rankForDeletion(
  pods: readonly Pod[],
  related: readonly Pod[],
  nowMs: number,
): readonly Pod[] {
  const podsOnNode = new Map<string, number>();
  for (const { spec } of related) {
    if (spec.nodeName === undefined) continue;
    podsOnNode.set(spec.nodeName, (podsOnNode.get(spec.nodeName) ?? 0) + 1);
  }
  return pods
    .map((pod) => rankOf(pod, podsOnNode, nowMs))
    .sort(compareRanks)
    .map(({ pod }) => pod);
}

function rankOf(pod: Pod, podsOnNode: ReadonlyMap<string, number>, nowMs: number): Rank {
  const { nodeName } = pod.spec;
  const ready = isPodReady(pod);
  const readySince = findCondition(pod.status?.conditions, "Ready")?.lastTransitionTime;
  const cost = Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"]);
  let restarts = 0;
  for (const { restartCount } of pod.status?.containerStatuses ?? []) {
    restarts = Math.max(restarts, restartCount);
  }
  return {
    pod,
    assigned: nodeName === undefined || nodeName === "" ? 0 : 1,
    phase: phaseRanks[pod.status?.phase ?? "Pending"] ?? 2,
    ready: ready ? 1 : 0,
    deletionCost: Number.isInteger(cost) ? cost : 0,
    crowd: -(podsOnNode.get(nodeName ?? "") ?? 0),
    readyAge: ready ? logarithmicAge(readySince, nowMs) : 0,
    restarts: -restarts,
    age: logarithmicAge(pod.metadata.creationTimestamp, nowMs),
  };
}

function logarithmicAge(since: string | undefined, nowMs: number): number {
  const sinceMs = since === undefined ? undefined : parseTime(since);
  if (sinceMs === undefined) return -1;
  const ageS = (nowMs - sinceMs) / 1_000;
  return ageS <= 0 ? -1 : Math.floor(Math.log2(1 + ageS));
}

function compareRanks(left: Rank, right: Rank): number {
  return (
    left.assigned - right.assigned ||
    left.phase - right.phase ||
    left.ready - right.ready ||
    left.deletionCost - right.deletionCost ||
    left.crowd - right.crowd ||
    left.readyAge - right.readyAge ||
    left.restarts - right.restarts ||
    left.age - right.age ||
    (left.pod.metadata.uid < right.pod.metadata.uid ? -1 : 1)
  );
}
