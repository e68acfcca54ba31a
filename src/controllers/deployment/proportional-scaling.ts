import type { Deployment } from "../../k8s/types/apps.ts";
import {
  countAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
} from "./annotations.ts";
import { desiredReplicas, isRollingUpdate, maxSurge } from "./limits.ts";
import {
  active,
  availableOf,
  byAge,
  type ReplicaSetDraft,
  replicasOf,
  resize,
  sumReplicas,
} from "./replica-set-draft.ts";

/** Whether `spec.replicas` has changed since the ReplicaSets were sized (`isScalingEvent`). */
export function isScalingEvent(deployment: Deployment, all: readonly ReplicaSetDraft[]): boolean {
  return active(all).some(({ next }) => {
    const sizedFor = countAnnotation(next, desiredReplicasAnnotation);
    return sizedFor !== undefined && sizedFor !== desiredReplicas(deployment);
  });
}

/**
 * Sizes the ReplicaSets of a Deployment that was scaled, or is paused. In the middle of a rollout
 * each gets its share, so that scaling does not hasten the rollout. Follows `scale` of
 * `pkg/controller/deployment/sync.go`.
 */
export function scaleInProportion(
  deployment: Deployment,
  newDraft: ReplicaSetDraft | undefined,
  old: readonly ReplicaSetDraft[],
): void {
  const desired = desiredReplicas(deployment);
  const all = newDraft === undefined ? old : [...old, newDraft];
  const single = activeOrLatest(newDraft, old);
  if (single !== undefined) {
    if (replicasOf(single) !== desired) resize(single, desired, deployment);
    return;
  }
  if (newDraft !== undefined && isSaturated(deployment, newDraft)) {
    for (const draft of active(old)) resize(draft, 0, deployment);
    return;
  }
  if (isRollingUpdate(deployment)) distribute(deployment, active(all));
}

/** The only one with pods; without any, the newest; undefined when several have pods. */
function activeOrLatest(
  newDraft: ReplicaSetDraft | undefined,
  old: readonly ReplicaSetDraft[],
): ReplicaSetDraft | undefined {
  const all = newDraft === undefined ? old : [...old, newDraft];
  const withPods = active(all);
  if (withPods.length === 0) return newDraft ?? [...old].sort(byAge).at(-1);
  return withPods.length === 1 ? withPods[0] : undefined;
}

function isSaturated(deployment: Deployment, draft: ReplicaSetDraft): boolean {
  const desired = desiredReplicas(deployment);
  return (
    replicasOf(draft) === desired &&
    countAnnotation(draft.next, desiredReplicasAnnotation) === desired &&
    availableOf(draft) === desired
  );
}

function distribute(deployment: Deployment, drafts: readonly ReplicaSetDraft[]): void {
  const desired = desiredReplicas(deployment);
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - sumReplicas(drafts);
  // The largest first; of equal ones the newer grow and the older shrink first.
  const ageSign = toAdd > 0 ? -1 : 1;
  const largestFirst = [...drafts].sort(
    (left, right) => replicasOf(right) - replicasOf(left) || ageSign * byAge(left, right),
  );
  const sizes = new Map<ReplicaSetDraft, number>();
  let added = 0;
  for (const draft of largestFirst) {
    const share = toAdd === added ? 0 : shareOf(deployment, draft, toAdd, toAdd - added);
    sizes.set(draft, replicasOf(draft) + share);
    added += share;
  }
  // What rounding left over goes to, or comes from, the largest.
  const largest = largestFirst[0];
  if (largest !== undefined) {
    sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  }
  for (const [draft, size] of sizes) resize(draft, size, deployment);
}

/** By how much a draft grows (or shrinks, when negative) of `left` replicas that are left to give. */
function shareOf(
  deployment: Deployment,
  draft: ReplicaSetDraft,
  toAdd: number,
  left: number,
): number {
  const fraction = fractionOf(deployment, draft);
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function fractionOf(deployment: Deployment, draft: ReplicaSetDraft): number {
  const size = replicasOf(draft);
  const desired = desiredReplicas(deployment);
  if (desired === 0) return -size;
  const sizedFor = countAnnotation(draft.next, maxReplicasAnnotation) ?? 0;
  const before = sizedFor === 0 ? (deployment.status?.replicas ?? 0) : sizedFor;
  if (before === 0) return 0;
  return Math.round((size * (desired + maxSurge(deployment))) / before) - size;
}
