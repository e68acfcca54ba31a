import { parseTime, toTime } from "../../base/rfc3339.ts";
import { findCondition, withCondition } from "../../k8s/conditions.ts";
import { resolveIntOrPercent } from "../../k8s/int-or-percent.ts";
import { isPodReady } from "../../k8s/pods.ts";
import type { Pod } from "../../k8s/types/core.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import type { PodDisruptionBudget } from "../../k8s/types/policy.ts";

export type BudgetStatus = NonNullable<PodDisruptionBudget["status"]>;

/** How long an evicted pod may take until it is being deleted (`DeletionTimeout`). */
const deletionTimeoutMs = 2 * 60_000;
const conditionType = "DisruptionAllowed";

export interface BudgetResult {
  readonly status: BudgetStatus;
  /** When an eviction that was allowed and did not happen is to be forgotten. */
  readonly againAfterMs?: number;
}

/** Whether the budget counts by the sizes of the pods' controllers, and not by the pods alone. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === "string";
}

/**
 * How many of `pods`, which the budget selects, may be disrupted now. `scale` is the sum of what
 * their controllers want. Follows `trySync` of `pkg/controller/disruption/disruption.go`.
 */
export function budgetStatus(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  scale: number,
  nowMs: number,
): BudgetResult {
  const { expected, desired } = expectations(budget, pods.length, scale);
  const { disrupted, againAfterMs } = pendingDisruptions(budget, pods, nowMs);
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      !(pod.metadata.name in disrupted) &&
      isPodReady(pod),
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const { generation } = budget.metadata;
  const status: BudgetStatus = {
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    conditions: withAllowance(
      budget,
      allowed > 0 ? "True" : "False",
      allowed > 0 ? "SufficientPods" : "InsufficientPods",
      "",
      nowMs,
    ),
  };
  return againAfterMs === undefined ? { status } : { status, againAfterMs };
}

/** When the count cannot be made, no disruption is allowed (`failSafe`). */
export function failedStatus(
  budget: PodDisruptionBudget,
  message: string,
  nowMs: number,
): BudgetStatus {
  const { status } = budget;
  return {
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...status,
    disruptionsAllowed: 0,
    conditions: withAllowance(budget, "False", "SyncFailed", message, nowMs),
  };
}

function expectations(
  { spec = {} }: PodDisruptionBudget,
  count: number,
  scale: number,
): { readonly expected: number; readonly desired: number } {
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable !== undefined) {
    const unavailable = resolveIntOrPercent(maxUnavailable, scale, "up");
    return { expected: scale, desired: Math.max(0, scale - unavailable) };
  }
  if (typeof minAvailable === "string") {
    return { expected: scale, desired: resolveIntOrPercent(minAvailable, scale, "up") };
  }
  return { expected: minAvailable === undefined ? 0 : count, desired: minAvailable ?? 0 };
}

/** The evictions that were allowed and have not begun yet. */
function pendingDisruptions(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  nowMs: number,
): { readonly disrupted: Readonly<Record<string, string>>; readonly againAfterMs?: number } {
  const disrupted: Record<string, string> = {};
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { metadata } of pods) {
    const time = status?.disruptedPods?.[metadata.name];
    if (time === undefined || metadata.deletionTimestamp !== undefined) continue;
    const untilMs = (parseTime(time) ?? 0) + deletionTimeoutMs;
    if (untilMs < nowMs) continue;
    disrupted[metadata.name] = time;
    nextMs = Math.min(nextMs, untilMs);
  }
  // A second more, for the times in objects are whole seconds.
  const again = nextMs === Number.POSITIVE_INFINITY ? {} : { againAfterMs: nextMs - nowMs + 1_000 };
  return { disrupted, ...again };
}

function withAllowance(
  { status, metadata }: PodDisruptionBudget,
  value: Condition["status"],
  reason: string,
  message: string,
  nowMs: number,
): readonly Condition[] {
  const { generation } = metadata;
  const known = findCondition(status?.conditions, conditionType);
  const isSame =
    known?.status === value && known.reason === reason && known.observedGeneration === generation;
  if (isSame && status?.conditions !== undefined) return status.conditions;
  return withCondition(status?.conditions, {
    type: conditionType,
    status: value,
    reason,
    message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: toTime(nowMs),
  });
}
