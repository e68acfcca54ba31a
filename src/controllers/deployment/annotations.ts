import type { Deployment, ReplicaSet } from "../../k8s/types/apps.ts";

/** Which rollout a ReplicaSet is of, and a Deployment is at: what `kubectl rollout history` lists. */
export const revisionAnnotation = "deployment.kubernetes.io/revision";
/** The revisions that a ReplicaSet has been before rollbacks made it a newer one. */
const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
/** `spec.replicas` of the Deployment when the ReplicaSet was last scaled: tells scaling from rollout. */
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
/** The same with `maxSurge`: the base for scaling in proportion. */
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";

/** These belong to the Deployment or to the ReplicaSet alone; all others are copied. */
const notCopied: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  "deprecated.deployment.rollback.to",
]);

/** Characters of `revision-history` at most; older revisions are forgotten. */
const historyLength = 2_000;

type Annotations = Readonly<Record<string, string>>;

/** 0 without the annotation; undefined when it is not a number. */
export function revisionOf(object: ReplicaSet | Deployment): number | undefined {
  const text = object.metadata.annotations?.[revisionAnnotation];
  if (text === undefined) return 0;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function maxRevision(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((max, each) => Math.max(max, revisionOf(each) ?? 0), 0);
}

/** A replica count kept in an annotation; undefined without one, or when it is not a count. */
export function countAnnotation(replicaSet: ReplicaSet, name: string): number | undefined {
  const text = replicaSet.metadata.annotations?.[name];
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** What the Deployment passes on to its new ReplicaSet. */
function copiedAnnotations(deployment: Deployment): Annotations {
  const { annotations = {} } = deployment.metadata;
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !notCopied.has(name)));
}

/**
 * The annotations of the new ReplicaSet once it is revision `revision` at least. A revision that it
 * gives up, because a rollback made it the newest, goes into its history.
 */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  current: Annotations,
  revision: number,
): Annotations {
  const annotations = { ...current, ...copiedAnnotations(deployment) };
  const previousText = current[revisionAnnotation];
  const previous = Number(previousText ?? 0);
  if (!(previous < revision)) return annotations;
  annotations[revisionAnnotation] = `${revision}`;
  if (previousText === undefined) return annotations;
  const history = current[revisionHistoryAnnotation] ?? "";
  const revisions = history === "" ? [] : history.split(",");
  revisions.push(previousText);
  while (revisions.join(",").length > historyLength) revisions.shift();
  annotations[revisionHistoryAnnotation] = revisions.join(",");
  return annotations;
}
