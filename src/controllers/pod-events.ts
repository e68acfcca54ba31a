import type { Informer, InformerHandler } from "../client/index.ts";
import type { LabelMatcher } from "../k8s/label-selector.ts";
import { objectKey } from "../k8s/object-key.ts";
import { controllerOf } from "../k8s/owner-refs.ts";
import type { Pod } from "../k8s/types/core.ts";
import type { KubeObject, OwnerReference } from "../k8s/types/meta.ts";
import { settleMs } from "./controller-context.ts";
import type { Expectations } from "./expectations.ts";
import type { ReconcileLoop } from "./reconcile-loop.ts";
import { byNamespace } from "./shared-informers.ts";

export interface OwnedPodEvents<T extends KubeObject> {
  /** The kind of the owners. */
  readonly kind: string;
  readonly owners: Informer<T>;
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

  const keyOfOwner = (pod: Pod, owner: OwnerReference | undefined): string | undefined => {
    if (owner === undefined || owner.kind !== events.kind) return undefined;
    const { namespace } = pod.metadata;
    const key = objectKey({ namespace, name: owner.name });
    return owners.indexer.get(key)?.metadata.uid === owner.uid ? key : undefined;
  };
  const wake = (key: string, fulfilled: boolean): void => {
    if (fulfilled) loop.add(key);
    else loop.addAfter(key, settleMs);
  };
  const offerOrphan = (pod: Pod): void => {
    for (const owner of owners.indexer.byIndex(byNamespace, pod.metadata.namespace ?? "")) {
      if (events.matcherOf(owner)(pod.metadata.labels)) {
        loop.addAfter(objectKey(owner.metadata), settleMs);
      }
    }
  };
  const gone = (pod: Pod): void => {
    const key = keyOfOwner(pod, controllerOf(pod.metadata));
    if (key !== undefined) wake(key, expectations.deletionObserved(key, pod.metadata.uid));
  };

  return {
    added(pod) {
      if (pod.metadata.deletionTimestamp !== undefined) {
        gone(pod);
        return;
      }
      const owner = controllerOf(pod.metadata);
      const key = keyOfOwner(pod, owner);
      if (key !== undefined) wake(key, expectations.creationObserved(key));
      else if (owner === undefined) offerOrphan(pod);
    },
    updated(pod, previous) {
      if (pod.metadata.deletionTimestamp !== undefined) {
        gone(pod);
        return;
      }
      const owner = controllerOf(pod.metadata);
      const previousOwner = controllerOf(previous.metadata);
      if (previousOwner !== undefined && previousOwner.uid !== owner?.uid) {
        const previousKey = keyOfOwner(previous, previousOwner);
        if (previousKey !== undefined) loop.addAfter(previousKey, settleMs);
      }
      const key = keyOfOwner(pod, owner);
      if (key !== undefined) loop.addAfter(key, settleMs);
      else if (owner === undefined && (previousOwner !== undefined || relabelled(pod, previous))) {
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
