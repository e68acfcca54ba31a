import type { KubeObject } from "../../k8s/types/meta.ts";

/** The finalizer of an object that goes only after its dependents. */
export const foregroundDeletion = "foregroundDeletion";
/** The finalizer of an object whose dependents are to stay, without it. */
export const orphanDependents = "orphan";

/** What is known of an owner. */
export type OwnerState =
  | "present"
  /** It goes when its dependents have gone. */
  | "waiting"
  | "absent"
  /** Its type is not served (any more), or it cannot own an object of that scope. */
  | "unknown";

export interface GarbageInput {
  readonly object: KubeObject;
  /** The state of each owner, by UID. */
  readonly owners: ReadonlyMap<string, OwnerState>;
  readonly dependents: readonly KubeObject[];
}

export type GarbageDecision =
  | { readonly kind: "keep" }
  | { readonly kind: "delete"; readonly propagationPolicy: "Background" | "Foreground" | "Orphan" }
  /** Some owners are there: those of these UIDs, which are not, are no owners any more. */
  | { readonly kind: "dropOwners"; readonly uids: readonly string[] }
  /** Take the object off the owners of its dependents, and then the finalizer off the object. */
  | { readonly kind: "orphan" }
  /** Its dependents hold it; those that are not on their way out yet have to be looked at. */
  | { readonly kind: "wait"; readonly toDelete: readonly KubeObject[] }
  | { readonly kind: "release" };

/**
 * What to do about an object whose owners, dependents or finalizers have changed. Follows
 * `attemptToDeleteItem` of `pkg/controller/garbagecollector/garbagecollector.go`.
 */
export function decideGarbage({ object, owners, dependents }: GarbageInput): GarbageDecision {
  const { deletionTimestamp, ownerReferences = [] } = object.metadata;
  if (deletionTimestamp !== undefined) {
    if (hasFinalizer(object, orphanDependents)) return { kind: "orphan" };
    if (!hasFinalizer(object, foregroundDeletion)) return { kind: "keep" };
    const blockers = dependents.filter((dependent) => blocks(dependent, object));
    if (blockers.length === 0) return { kind: "release" };
    const toDelete = blockers.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return { kind: "wait", toDelete };
  }
  if (ownerReferences.length === 0) return { kind: "keep" };
  const inState = (wanted: OwnerState): readonly string[] =>
    ownerReferences.filter(({ uid }) => owners.get(uid) === wanted).map(({ uid }) => uid);
  if (inState("unknown").length > 0) return { kind: "keep" };
  const [absent, waiting] = [inState("absent"), inState("waiting")];
  if (inState("present").length > 0) {
    const uids = [...absent, ...waiting];
    return uids.length === 0 ? { kind: "keep" } : { kind: "dropOwners", uids };
  }
  if (waiting.length > 0 && dependents.length > 0) {
    return { kind: "delete", propagationPolicy: "Foreground" };
  }
  return { kind: "delete", propagationPolicy: policyOf(object) };
}

export function isWaiting(object: KubeObject): boolean {
  return (
    object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, foregroundDeletion)
  );
}

function hasFinalizer({ metadata }: KubeObject, name: string): boolean {
  return metadata.finalizers?.includes(name) === true;
}

function blocks(dependent: KubeObject, owner: KubeObject): boolean {
  const reference = dependent.metadata.ownerReferences?.find(
    ({ uid }) => uid === owner.metadata.uid,
  );
  return reference?.blockOwnerDeletion === true;
}

function policyOf(object: KubeObject): "Background" | "Foreground" | "Orphan" {
  if (hasFinalizer(object, orphanDependents)) return "Orphan";
  return hasFinalizer(object, foregroundDeletion) ? "Foreground" : "Background";
}
