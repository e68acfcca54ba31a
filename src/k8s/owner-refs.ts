import type { KubeObject, ObjectMeta, OwnerReference } from "./types/meta.ts";

/** The reference to the controller that manages an object, if there is one (`metav1.GetControllerOf`). */
export function controllerOf(
  meta: Pick<ObjectMeta, "ownerReferences">,
): OwnerReference | undefined {
  return meta.ownerReferences?.find((reference) => reference.controller === true);
}

/** The reference that a controller puts on what it makes for `owner` (`metav1.NewControllerRef`). */
export function controllerRef(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function isControlledBy(
  meta: Pick<ObjectMeta, "ownerReferences">,
  owner: { readonly metadata: Pick<ObjectMeta, "uid"> },
): boolean {
  return controllerOf(meta)?.uid === owner.metadata.uid;
}
