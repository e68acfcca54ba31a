import type { Deployment } from "../../k8s/types/apps.ts";
import { desiredReplicas, isRollingUpdate, maxSurge, maxUnavailable } from "./limits.ts";
import {
  availableOf,
  byAge,
  type ReplicaSetDraft,
  replicasOf,
  resize,
  sumAvailable,
  sumReplicas,
} from "./replica-set-draft.ts";

/**
 * The size that the new ReplicaSet, which has `current` replicas now, may take among all that there
 * are, `total` replicas together (`NewRSNewReplicas`).
 */
export function newReplicaSetSize(deployment: Deployment, current: number, total: number): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const room = desired + maxSurge(deployment) - total;
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

/** Brings the new ReplicaSet towards the desired size, as far as the surge allows. */
export function growNew(
  deployment: Deployment,
  newDraft: ReplicaSetDraft,
  all: readonly ReplicaSetDraft[],
): "resized" | "same size" {
  const desired = desiredReplicas(deployment);
  const current = replicasOf(newDraft);
  if (current === desired) return "same size";
  const size =
    current > desired ? desired : newReplicaSetSize(deployment, current, sumReplicas(all));
  return size === current ? "same size" : resize(newDraft, size, deployment);
}

/**
 * Shrinks the old ReplicaSets: first by pods that are not available anyway, then as far as enough
 * pods stay available. Follows `reconcileOldReplicaSets` of `pkg/controller/deployment/rolling.go`.
 */
export function shrinkOld(
  deployment: Deployment,
  newDraft: ReplicaSetDraft,
  old: readonly ReplicaSetDraft[],
): "resized" | "same size" {
  const all = [...old, newDraft];
  if (sumReplicas(old) === 0) return "same size";
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  // Pods of the new ReplicaSet that are not available yet must not pay for the end of old ones.
  const newUnavailable = replicasOf(newDraft) - availableOf(newDraft);
  const cleanupMax = sumReplicas(all) - minAvailable - newUnavailable;
  if (cleanupMax <= 0) return "same size";
  const oldestFirst = [...old].sort(byAge);
  const cleaned = takeFrom(deployment, oldestFirst, cleanupMax, (draft) =>
    Math.max(0, replicasOf(draft) - availableOf(draft)),
  );
  const spare = sumAvailable(all) - minAvailable;
  const taken = takeFrom(deployment, oldestFirst, spare, replicasOf);
  return cleaned + taken > 0 ? "resized" : "same size";
}

function takeFrom(
  deployment: Deployment,
  drafts: readonly ReplicaSetDraft[],
  max: number,
  share: (draft: ReplicaSetDraft) => number,
): number {
  let taken = 0;
  for (const draft of drafts) {
    const count = Math.min(share(draft), max - taken);
    if (count <= 0) continue;
    resize(draft, replicasOf(draft) - count, deployment);
    taken += count;
  }
  return taken;
}
