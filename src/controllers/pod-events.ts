import type { Informer, InformerHandler } from "../client/index.ts";
import type { LabelMatcher } from "../k8s/label-selector.ts";
import { objectKey } from "../k8s/object-key.ts";
import { controllerOf } from "../k8s/owner-refs.ts";
import type { Pod } from "../k8s/types/core.ts";
import type { KubeObject, OwnerReference } from "../k8s/types/meta.ts";
import type { Expectations } from "./expectations.ts";
import type { ReconcileLoop } from "./reconcile-loop.ts";
import { byNamespace } from "./shared-informers.ts";

export interface OwnedPodEvents<T extends KubeObject> {
  /** The kind of the owners. */
  readonly kind: string;
  readonly owners: Informer<T>;
  /** How long its pods have to be left alone before an owner is woken, in milliseconds. */
  readonly settleMsOf: (owner: T) => number;
  readonly matcherOf: (owner: T) => LabelMatcher;
  readonly expectations: Expectations;
  readonly loop: ReconcileLoop;
}

/**
 * Tells a controller of pods which of its objects a change concerns: the owner, or for a pod that
 * nobody owns all that select it. The event that fulfils the last expectation wakes the owner at
 * once; what else happens to pods waits until it settles.
 */
export function ownedPodHandler<T extends KubeObject>(
  events: OwnedPodEvents<T>,
): InformerHandler<Pod> {
  const { expectations, loop, owners } = events;

  const findOwner = (pod: Pod, reference: OwnerReference | undefined): T | undefined => {
    if (reference === undefined || reference.kind !== events.kind) return undefined;
    const { namespace } = pod.metadata;
    const owner = owners.indexer.get(objectKey({ namespace, name: reference.name }));
    return owner?.metadata.uid === reference.uid ? owner : undefined;
  };
  const wakeLater = (owner: T): void =>
    loop.addAfter(objectKey(owner.metadata), events.settleMsOf(owner));
  const wake = (owner: T, fulfilled: boolean): void => {
    if (fulfilled) loop.add(objectKey(owner.metadata));
    else wakeLater(owner);
  };
  const offerOrphan = (pod: Pod): void => {
    for (const owner of owners.indexer.byIndex(byNamespace, pod.metadata.namespace ?? "")) {
      if (events.matcherOf(owner)(pod.metadata.labels)) wakeLater(owner);
    }
  };
  const gone = (pod: Pod): void => {
    const owner = findOwner(pod, controllerOf(pod.metadata));
    if (owner === undefined) return;
    const key = objectKey(owner.metadata);
    wake(owner, expectations.deletionObserved(key, pod.metadata.uid));
  };

  return {
    added(pod) {
      if (pod.metadata.deletionTimestamp !== undefined) {
        gone(pod);
        return;
      }
      const reference = controllerOf(pod.metadata);
      const owner = findOwner(pod, reference);
      if (owner !== undefined) {
        wake(owner, expectations.creationObserved(objectKey(owner.metadata)));
      } else if (reference === undefined) offerOrphan(pod);
    },
    updated(pod, previous) {
      if (pod.metadata.deletionTimestamp !== undefined) {
        gone(pod);
        return;
      }
      const reference = controllerOf(pod.metadata);
      const before = controllerOf(previous.metadata);
      if (before !== undefined && before.uid !== reference?.uid) {
        const previousOwner = findOwner(previous, before);
        if (previousOwner !== undefined) wakeLater(previousOwner);
      }
      const owner = findOwner(pod, reference);
      if (owner !== undefined) wakeLater(owner);
      else if (reference === undefined && (before !== undefined || relabelled(pod, previous))) {
        offerOrphan(pod);
      }
    },
    deleted: gone,
  };
}

function relabelled(pod: Pod, previous: Pod): boolean {
  const labels = pod.metadata.labels ?? {};
  const before = previous.metadata.labels ?? {};
  const keys = Object.keys(labels);
  if (keys.length !== Object.keys(before).length) return true;
  return keys.some((key) => labels[key] !== before[key]);
}
