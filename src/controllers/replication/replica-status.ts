import { parseTime, toTime } from "../../base/rfc3339.ts";
import { findCondition, withoutCondition } from "../../k8s/conditions.ts";
import { jsonEqual } from "../../k8s/json.ts";
import { isPodAvailable, isPodReady } from "../../k8s/pods.ts";
import type { Pod } from "../../k8s/types/core.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import { nonZero } from "../non-zero.ts";
import type { ReplicaStatus, Replicated } from "./replica-kind.ts";

const replicaFailure = "ReplicaFailure";

/**
 * The status after a reconciliation that saw these active pods. `failure` is what creating or
 * deleting them has failed with, if it has. Follows `calculateStatus` of
 * `pkg/controller/replicaset/replica_set_utils.go`.
 */
export function replicaStatus(
  object: Replicated,
  active: readonly Pod[],
  failure: string | undefined,
  nowMs: number,
): ReplicaStatus {
  const { spec, metadata } = object;
  const templateLabels = Object.entries(spec.template?.metadata?.labels ?? {});
  let fullyLabeled = 0;
  let ready = 0;
  let available = 0;
  for (const pod of active) {
    if (hasLabels(pod, templateLabels)) fullyLabeled += 1;
    if (!isPodReady(pod)) continue;
    ready += 1;
    if (isPodAvailable(pod, spec.minReadySeconds ?? 0, nowMs)) available += 1;
  }
  const conditions = failureConditions(object, active.length, failure, nowMs);
  return {
    replicas: active.length,
    ...nonZero({
      fullyLabeledReplicas: fullyLabeled,
      readyReplicas: ready,
      availableReplicas: available,
    }),
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** A plain loop, for it is asked of every pod at every count. */
function hasLabels({ metadata }: Pod, wanted: readonly (readonly [string, string])[]): boolean {
  for (const [key, value] of wanted) if (metadata.labels?.[key] !== value) return false;
  return true;
}

function failureConditions(
  { spec, status }: Replicated,
  active: number,
  failure: string | undefined,
  nowMs: number,
): readonly Condition[] {
  const conditions = status?.conditions ?? [];
  const known = findCondition(conditions, replicaFailure);
  if (failure === undefined) {
    return known === undefined ? conditions : withoutCondition(conditions, replicaFailure);
  }
  if (known !== undefined) return conditions; // The first failure stays, until there is none.
  const condition: Condition = {
    type: replicaFailure,
    status: "True",
    reason: active < (spec.replicas ?? 1) ? "FailedCreate" : "FailedDelete",
    message: failure,
    lastTransitionTime: toTime(nowMs),
  };
  return [...conditions, condition];
}

/** Whether two statuses say the same; a count that is absent is zero. */
export function sameReplicaStatus(left: ReplicaStatus | undefined, right: ReplicaStatus): boolean {
  return (
    left !== undefined &&
    left.replicas === right.replicas &&
    (left.fullyLabeledReplicas ?? 0) === (right.fullyLabeledReplicas ?? 0) &&
    (left.readyReplicas ?? 0) === (right.readyReplicas ?? 0) &&
    (left.availableReplicas ?? 0) === (right.availableReplicas ?? 0) &&
    left.observedGeneration === right.observedGeneration &&
    jsonEqual(left.conditions ?? [], right.conditions ?? [])
  );
}

/** Milliseconds until the next ready pod will have been ready for long enough; undefined if none. */
export function nextAvailabilityMs(
  active: readonly Pod[],
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  if (minReadySeconds === 0) return undefined;
  let nextMs: number | undefined;
  for (const pod of active) {
    const ready = findCondition(pod.status?.conditions, "Ready");
    if (ready?.status !== "True") continue;
    const sinceMs = parseTime(ready.lastTransitionTime ?? "") ?? nowMs;
    const waitMs = sinceMs + minReadySeconds * 1_000 - nowMs;
    if (waitMs > 0 && (nextMs === undefined || waitMs < nextMs)) nextMs = waitMs;
  }
  return nextMs;
}
