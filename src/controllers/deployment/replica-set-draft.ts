import type { Deployment, ReplicaSet } from "../../k8s/types/apps.ts";
import { desiredReplicasAnnotation, maxReplicasAnnotation } from "./annotations.ts";
import { desiredReplicas, maxSurge } from "./limits.ts";

/** A ReplicaSet as a plan would leave it. */
export interface ReplicaSetDraft {
  /** As it is now; undefined for one that is to be created. */
  readonly original: ReplicaSet | undefined;
  next: ReplicaSet;
}

export function draftOf(replicaSet: ReplicaSet): ReplicaSetDraft {
  return { original: replicaSet, next: replicaSet };
}

export function replicasOf({ next }: ReplicaSetDraft): number {
  return next.spec.replicas ?? 1;
}

export function availableOf({ next }: ReplicaSetDraft): number {
  return next.status?.availableReplicas ?? 0;
}

export function sumReplicas(drafts: readonly ReplicaSetDraft[]): number {
  return drafts.reduce((sum, draft) => sum + replicasOf(draft), 0);
}

export function sumAvailable(drafts: readonly ReplicaSetDraft[]): number {
  return drafts.reduce((sum, draft) => sum + availableOf(draft), 0);
}

/** Those that want pods. */
export function active(drafts: readonly ReplicaSetDraft[]): readonly ReplicaSetDraft[] {
  return drafts.filter((draft) => replicasOf(draft) > 0);
}

/** Gives a draft its size, and notes for which size of the Deployment. Returns whether it changed. */
export function resize(
  draft: ReplicaSetDraft,
  replicas: number,
  deployment: Deployment,
): "resized" | "same size" {
  const { next } = draft;
  const resized = replicasOf(draft) !== replicas;
  const annotations = { ...next.metadata.annotations, ...sizeAnnotations(deployment) };
  draft.next = {
    ...next,
    metadata: { ...next.metadata, annotations },
    spec: { ...next.spec, replicas },
  };
  return resized ? "resized" : "same size";
}

export function sizeAnnotations(deployment: Deployment): Readonly<Record<string, string>> {
  const desired = desiredReplicas(deployment);
  return {
    [desiredReplicasAnnotation]: `${desired}`,
    [maxReplicasAnnotation]: `${desired + maxSurge(deployment)}`,
  };
}

/** Oldest first; by name where the times, of whole seconds, are the same. */
export function byAge(left: ReplicaSetDraft, right: ReplicaSetDraft): number {
  return compareAge(left.next, right.next);
}

export function compareAge(left: ReplicaSet, right: ReplicaSet): number {
  const { creationTimestamp: leftTime, name: leftName } = left.metadata;
  const { creationTimestamp: rightTime, name: rightName } = right.metadata;
  // RFC 3339 in UTC compares as text.
  if (leftTime !== rightTime) return leftTime < rightTime ? -1 : 1;
  return leftName < rightName ? -1 : 1;
}
