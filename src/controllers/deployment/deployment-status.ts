import { parseTime, toTime } from "../../base/rfc3339.ts";
import { findCondition, withCondition, withoutCondition } from "../../k8s/conditions.ts";
import type { Deployment, ReplicaSet } from "../../k8s/types/apps.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import { nonZero } from "../non-zero.ts";
import { desiredReplicas, maxUnavailable, progressDeadlineMs } from "./limits.ts";
import type { ReplicaSetDraft } from "./replica-set-draft.ts";
import { sumAvailable, sumReplicas } from "./replica-set-draft.ts";

export type DeploymentStatus = NonNullable<Deployment["status"]>;
type Conditions = readonly Condition[];

/** A condition as of now. */
export function conditionOf(
  type: "Available" | "Progressing",
  status: Condition["status"],
  reason: string,
  message: string,
  nowMs: number,
): Condition {
  const now = toTime(nowMs);
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now };
}

/** Sets a condition, unless there is one of the same status and reason (`SetDeploymentCondition`). */
export function setCondition(conditions: Conditions, condition: Condition): Conditions {
  const known = findCondition(conditions, condition.type);
  const same = known?.status === condition.status && known.reason === condition.reason;
  return same ? conditions : withCondition(conditions, condition);
}

/**
 * The counts, and whether enough pods are available. `conditions` are those that stay. Follows
 * `calculateStatus` of `pkg/controller/deployment/sync.go`.
 */
export function countedStatus(
  deployment: Deployment,
  newDraft: ReplicaSetDraft | undefined,
  all: readonly ReplicaSetDraft[],
  conditions: Conditions,
  nowMs: number,
): DeploymentStatus {
  const { generation } = deployment.metadata;
  const { collisionCount } = deployment.status ?? {};
  const available = sumAvailable(all);
  const enough = available >= desiredReplicas(deployment) - maxUnavailable(deployment);
  const condition = enough
    ? conditionOf(
        "Available",
        "True",
        "MinimumReplicasAvailable",
        "Deployment has minimum availability.",
        nowMs,
      )
    : conditionOf(
        "Available",
        "False",
        "MinimumReplicasUnavailable",
        "Deployment does not have minimum availability.",
        nowMs,
      );
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...nonZero({
      replicas: sumOf(all, ({ status }) => status?.replicas),
      updatedReplicas: newDraft?.next.status?.replicas ?? 0,
      readyReplicas: sumOf(all, ({ status }) => status?.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, sumReplicas(all) - available),
    }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: setCondition(conditions, condition),
  };
}

function sumOf(
  drafts: readonly ReplicaSetDraft[],
  count: (replicaSet: ReplicaSet) => number | undefined,
): number {
  return drafts.reduce((sum, { next }) => sum + (count(next) ?? 0), 0);
}

/** Whether all desired pods are of the new template and available, and no old ones are left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const count = (value: number | undefined): number => value ?? 0;
  const oldPods = (status: DeploymentStatus): number =>
    count(status.replicas) - count(status.updatedReplicas);
  return (
    count(after.updatedReplicas) > count(before.updatedReplicas) ||
    oldPods(after) < oldPods(before) ||
    count(after.readyReplicas) > count(before.readyReplicas) ||
    count(after.availableReplicas) > count(before.availableReplicas)
  );
}

/**
 * The status with the condition Progressing as the rollout stands, and with the failures of its
 * ReplicaSets. Follows `syncRolloutStatus` of `pkg/controller/deployment/progress.go`.
 */
export function rolloutStatus(
  deployment: Deployment,
  newDraft: ReplicaSetDraft | undefined,
  all: readonly ReplicaSetDraft[],
  conditions: Conditions,
  nowMs: number,
): DeploymentStatus {
  const counted = countedStatus(deployment, newDraft, all, conditions, nowMs);
  const progressed = withProgress(deployment, newDraft, counted, nowMs);
  return { ...counted, conditions: withReplicaFailure(progressed, newDraft, all) };
}

function withProgress(
  deployment: Deployment,
  newDraft: ReplicaSetDraft | undefined,
  counted: DeploymentStatus,
  nowMs: number,
): Conditions {
  const { conditions = [] } = counted;
  const deadlineMs = progressDeadlineMs(deployment);
  if (deadlineMs === undefined) return withoutCondition(conditions, "Progressing");
  const current = findCondition(conditions, "Progressing");
  // Once the new ReplicaSet was available, a pod that is replaced later is no rollout.
  const isOver =
    (counted.replicas ?? 0) === (counted.updatedReplicas ?? 0) &&
    current?.reason === "NewReplicaSetAvailable";
  if (isOver) return conditions;
  const subject =
    newDraft === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newDraft.next.metadata.name}"`;
  if (isComplete(deployment, counted)) {
    const message = `${subject} has successfully progressed.`;
    return setCondition(
      conditions,
      conditionOf("Progressing", "True", "NewReplicaSetAvailable", message, nowMs),
    );
  }
  if (hasProgressed(deployment.status ?? {}, counted)) {
    // With the same reason too: lastUpdateTime is what the deadline is counted from.
    const message = `${subject} is progressing.`;
    return withCondition(
      conditions,
      conditionOf("Progressing", "True", "ReplicaSetUpdated", message, nowMs),
    );
  }
  if (hasTimedOut(current, deadlineMs, nowMs)) {
    const message = `${subject} has timed out progressing.`;
    return setCondition(
      conditions,
      conditionOf("Progressing", "False", "ProgressDeadlineExceeded", message, nowMs),
    );
  }
  return conditions;
}

function hasTimedOut(current: Condition | undefined, deadlineMs: number, nowMs: number): boolean {
  if (current === undefined || current.reason === "NewReplicaSetAvailable") return false;
  if (current.reason === "ProgressDeadlineExceeded") return true;
  const sinceMs = parseTime(current.lastUpdateTime ?? "");
  return sinceMs !== undefined && sinceMs + deadlineMs < nowMs;
}

function withReplicaFailure(
  conditions: Conditions,
  newDraft: ReplicaSetDraft | undefined,
  all: readonly ReplicaSetDraft[],
): Conditions {
  const newestFirst = newDraft === undefined ? all : [newDraft, ...all];
  for (const { next } of newestFirst) {
    const failure = findCondition(next.status?.conditions, "ReplicaFailure");
    if (failure === undefined) continue;
    const { lastTransitionTime } = failure;
    const updated = lastTransitionTime === undefined ? {} : { lastUpdateTime: lastTransitionTime };
    return setCondition(conditions, { ...failure, ...updated });
  }
  return withoutCondition(conditions, "ReplicaFailure");
}

/** Milliseconds until a rollout without further progress would have timed out; undefined if it cannot. */
export function progressCheckMs(
  deployment: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const deadlineMs = progressDeadlineMs(deployment);
  const current = findCondition(status.conditions, "Progressing");
  if (deadlineMs === undefined || current === undefined) return undefined;
  if (isComplete(deployment, status) || current.reason === "ProgressDeadlineExceeded") {
    return undefined;
  }
  const sinceMs = parseTime(current.lastUpdateTime ?? "") ?? nowMs;
  // A second more, for the times in objects are whole seconds.
  return Math.max(1_000, sinceMs + deadlineMs - nowMs + 1_000);
}
