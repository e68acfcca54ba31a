import { findCondition } from "../../k8s/conditions.ts";
import { jsonEqual } from "../../k8s/json.ts";
import { controllerRef } from "../../k8s/owner-refs.ts";
import type { Deployment, ReplicaSet } from "../../k8s/types/apps.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import { podTemplateHash, sameTemplate, templateHash } from "../pod-template.ts";
import {
  maxRevision,
  newReplicaSetAnnotations,
  revisionAnnotation,
  revisionOf,
} from "./annotations.ts";
import {
  conditionOf,
  countedStatus,
  type DeploymentStatus,
  isComplete,
  rolloutStatus,
  setCondition,
} from "./deployment-status.ts";
import { desiredReplicas, progressDeadlineMs } from "./limits.ts";
import { isScalingEvent, scaleInProportion } from "./proportional-scaling.ts";
import {
  compareAge,
  draftOf,
  type ReplicaSetDraft,
  replicasOf,
  resize,
  sizeAnnotations,
  sumReplicas,
} from "./replica-set-draft.ts";
import { growNew, newReplicaSetSize, shrinkOld } from "./rolling-update.ts";

export interface DeploymentPlan {
  /** A ReplicaSet for a template that has none yet. Its uid and times are the server's matter. */
  readonly create?: ReplicaSet;
  /** ReplicaSets to be written, each with the size it had. */
  readonly updates: readonly {
    readonly replicaSet: ReplicaSet;
    readonly previousReplicas: number;
  }[];
  readonly deletes: readonly ReplicaSet[];
  /** The revision that the Deployment is to be annotated with, if it is not. */
  readonly revision?: string;
  readonly status: DeploymentStatus;
}

export interface DeploymentInput {
  readonly deployment: Deployment;
  /** Those that it owns. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Whether pods of a ReplicaSet still run, those being deleted too. Asked for Recreate only. */
  readonly hasRunningPods: (replicaSet: ReplicaSet) => boolean;
  readonly nowMs: number;
}

/** What a plan grows from while it is made. */
interface Draft {
  readonly deployment: Deployment;
  readonly nowMs: number;
  readonly old: readonly ReplicaSetDraft[];
  newDraft: ReplicaSetDraft | undefined;
  conditions: readonly Condition[];
  deletes: readonly ReplicaSet[];
}

/**
 * One step of a Deployment towards its template and size. Every step leads to changes of ReplicaSets
 * that call for the next one. Follows `syncDeployment` of
 * `pkg/controller/deployment/deployment_controller.go`.
 */
export function planDeployment(input: DeploymentInput): DeploymentPlan {
  const { deployment, nowMs } = input;
  const draft = startDraft(input);
  if (deployment.metadata.deletionTimestamp !== undefined) {
    draft.conditions = deployment.status?.conditions ?? [];
    return finish(
      draft,
      countedStatus(deployment, draft.newDraft, allOf(draft), draft.conditions, nowMs),
    );
  }
  draft.conditions = withPause(deployment, draft.conditions, nowMs);
  syncRevision(draft);
  const paused = deployment.spec.paused === true;
  if (paused || isScalingEvent(deployment, allOf(draft))) {
    scaleInProportion(deployment, draft.newDraft, draft.old);
    if (paused) draft.deletes = beyondHistory(draft);
    return finish(
      draft,
      countedStatus(deployment, draft.newDraft, allOf(draft), draft.conditions, nowMs),
    );
  }
  if (deployment.spec.strategy?.type === "Recreate") recreate(draft, input.hasRunningPods);
  else rollingUpdate(draft);
  return finish(
    draft,
    rolloutStatus(deployment, draft.newDraft, allOf(draft), draft.conditions, nowMs),
  );
}

function startDraft({ deployment, replicaSets, nowMs }: DeploymentInput): Draft {
  // Of several with the same template the oldest is the new one, always the same.
  const newReplicaSet = [...replicaSets]
    .sort(compareAge)
    .find(({ spec }) => sameTemplate(spec.template, deployment.spec.template));
  return {
    deployment,
    nowMs,
    old: replicaSets.filter((each) => each !== newReplicaSet).map(draftOf),
    newDraft: newReplicaSet === undefined ? undefined : draftOf(newReplicaSet),
    conditions: deployment.status?.conditions ?? [],
    deletes: [],
  };
}

function allOf({ old, newDraft }: Draft): readonly ReplicaSetDraft[] {
  return newDraft === undefined ? old : [...old, newDraft];
}

/** So that the time of a pause does not count as time without progress. */
function withPause(
  deployment: Deployment,
  conditions: readonly Condition[],
  nowMs: number,
): readonly Condition[] {
  if (progressDeadlineMs(deployment) === undefined) return conditions;
  const reason = findCondition(conditions, "Progressing")?.reason;
  if (reason === "ProgressDeadlineExceeded") return conditions;
  const { paused = false } = deployment.spec;
  const wasPaused = reason === "DeploymentPaused";
  if (paused === wasPaused) return conditions;
  const condition = paused
    ? conditionOf("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", nowMs)
    : conditionOf("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", nowMs);
  return setCondition(conditions, condition);
}

/** Makes the new ReplicaSet, if there is one, the newest revision. */
function syncRevision(draft: Draft): void {
  const { deployment, newDraft, old, nowMs } = draft;
  if (newDraft === undefined) return;
  const { next } = newDraft;
  const revision = maxRevision(old.map((each) => each.next)) + 1;
  const annotations = newReplicaSetAnnotations(
    deployment,
    next.metadata.annotations ?? {},
    revision,
  );
  const { minReadySeconds = 0 } = deployment.spec;
  newDraft.next = {
    ...next,
    metadata: { ...next.metadata, annotations },
    spec: { ...next.spec, minReadySeconds },
  };
  if (progressDeadlineMs(deployment) === undefined) return;
  if (findCondition(draft.conditions, "Progressing") !== undefined) return;
  const message = `Found new replica set "${next.metadata.name}"`;
  draft.conditions = setCondition(
    draft.conditions,
    conditionOf("Progressing", "True", "FoundNewReplicaSet", message, nowMs),
  );
}

/** The new ReplicaSet, which is created in this step if there was none. */
function ensureNew(draft: Draft): ReplicaSetDraft {
  if (draft.newDraft !== undefined) return draft.newDraft;
  const { deployment, old, nowMs } = draft;
  const size = newReplicaSetSize(deployment, 0, sumReplicas(old));
  const revision = maxRevision(old.map((each) => each.next)) + 1;
  const created: ReplicaSetDraft = {
    original: undefined,
    next: newReplicaSet(deployment, size, revision),
  };
  draft.newDraft = created;
  if (progressDeadlineMs(deployment) !== undefined) {
    const message = `Created new replica set "${created.next.metadata.name}"`;
    draft.conditions = setCondition(
      draft.conditions,
      conditionOf("Progressing", "True", "NewReplicaSetCreated", message, nowMs),
    );
  }
  return created;
}

function newReplicaSet(deployment: Deployment, replicas: number, revision: number): ReplicaSet {
  const { metadata, spec, status } = deployment;
  const hash = templateHash(spec.template, status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [podTemplateHash]: hash };
  const annotations = newReplicaSetAnnotations(deployment, {}, revision);
  const nameLength = 253 - 1 - hash.length;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${metadata.name.slice(0, nameLength)}-${hash}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      uid: "",
      resourceVersion: "",
      creationTimestamp: "",
      labels,
      annotations: { ...annotations, ...sizeAnnotations(deployment) },
      ownerReferences: [controllerRef(deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: spec.minReadySeconds ?? 0,
      selector: {
        ...spec.selector,
        matchLabels: { ...spec.selector.matchLabels, [podTemplateHash]: hash },
      },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

function rollingUpdate(draft: Draft): void {
  const { deployment, old } = draft;
  const newDraft = ensureNew(draft);
  if (growNew(deployment, newDraft, allOf(draft)) === "resized") return;
  if (shrinkOld(deployment, newDraft, old) === "resized") return;
  if (isComplete(deployment, deployment.status ?? {})) draft.deletes = beyondHistory(draft);
}

/** All old pods end before the first new one starts. */
function recreate(draft: Draft, hasRunningPods: (replicaSet: ReplicaSet) => boolean): void {
  const { deployment, old } = draft;
  const withPods = old.filter((each) => replicasOf(each) > 0);
  for (const each of withPods) resize(each, 0, deployment);
  if (withPods.length > 0 || old.some(({ next }) => stillRuns(next, hasRunningPods))) return;
  const newDraft = ensureNew(draft);
  const desired = desiredReplicas(deployment);
  if (replicasOf(newDraft) !== desired) resize(newDraft, desired, deployment);
  if (isComplete(deployment, deployment.status ?? {})) draft.deletes = beyondHistory(draft);
}

function stillRuns(
  replicaSet: ReplicaSet,
  hasRunningPods: (replicaSet: ReplicaSet) => boolean,
): boolean {
  return (replicaSet.status?.replicas ?? 0) > 0 || hasRunningPods(replicaSet);
}

/** The oldest of the old ReplicaSets, beyond `revisionHistoryLimit`, that have no pods. */
function beyondHistory({ deployment, old }: Draft): readonly ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit;
  if (limit === undefined) return [];
  const alive = old.filter(({ next }) => next.metadata.deletionTimestamp === undefined);
  const surplus = alive.length - limit;
  if (surplus <= 0) return [];
  return alive
    .map(({ next }) => next)
    .sort((left, right) => (revisionOf(left) ?? 0) - (revisionOf(right) ?? 0))
    .slice(0, surplus)
    .filter(
      ({ metadata, spec, status }) =>
        (status?.replicas ?? 0) === 0 &&
        (spec.replicas ?? 1) === 0 &&
        (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0),
    );
}

function finish(draft: Draft, status: DeploymentStatus): DeploymentPlan {
  const { newDraft, deployment, deletes } = draft;
  const create = newDraft?.original === undefined ? newDraft?.next : undefined;
  const updates = allOf(draft).flatMap(({ original, next }) =>
    original === undefined || sameIntent(original, next)
      ? []
      : [{ replicaSet: next, previousReplicas: original.spec.replicas ?? 1 }],
  );
  const revision = newDraft?.next.metadata.annotations?.[revisionAnnotation];
  const known = deployment.metadata.annotations?.[revisionAnnotation];
  return {
    ...(create === undefined ? {} : { create }),
    updates,
    deletes,
    ...(revision === undefined || revision === known ? {} : { revision }),
    status,
  };
}

/** Whether nothing is different of what a plan changes. */
function sameIntent(left: ReplicaSet, right: ReplicaSet): boolean {
  return (
    left === right ||
    ((left.spec.replicas ?? 1) === (right.spec.replicas ?? 1) &&
      (left.spec.minReadySeconds ?? 0) === (right.spec.minReadySeconds ?? 0) &&
      jsonEqual(left.metadata.annotations ?? {}, right.metadata.annotations ?? {}))
  );
}
