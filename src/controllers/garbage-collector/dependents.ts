import type { KubeObject } from "../../k8s/types/meta.ts";

/**
 * Which objects name which as their owner. Holds one key per owner reference in the cluster, and
 * nothing of the objects themselves: those are in the caches.
 */
export interface Dependents {
  /** Notes the owners of the object of that key; `previous` is what was noted of it before. */
  note(key: string, object: KubeObject | undefined, previous: KubeObject | undefined): void;
  /** The keys of the objects that name the object of that UID as an owner. */
  of(uid: string): ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

export function createDependents(): Dependents {
  const keysByOwner = new Map<string, Set<string>>();
  return {
    note(key, object, previous) {
      const now = object?.metadata.ownerReferences;
      const before = previous?.metadata.ownerReferences;
      if (now === before) return;
      for (const { uid } of before ?? []) {
        const keys = keysByOwner.get(uid);
        keys?.delete(key);
        if (keys?.size === 0) keysByOwner.delete(uid);
      }
      for (const { uid } of now ?? []) {
        const keys = keysByOwner.get(uid);
        if (keys === undefined) keysByOwner.set(uid, new Set([key]));
        else keys.add(key);
      }
    },
    of: (uid) => keysByOwner.get(uid) ?? none,
  };
}
