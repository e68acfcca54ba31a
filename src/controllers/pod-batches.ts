import type { Pod } from "../k8s/types/core.ts";
import type { KubeObject, ToCreate } from "../k8s/types/meta.ts";
import type { Expectations } from "./expectations.ts";
import { isNamespaceTerminating, type PodControl } from "./pod-control.ts";
import { slowStart } from "./slow-start.ts";

/**
 * Creates the pods that were announced to `expectations`, slowly at first, and takes back what was
 * announced for those that are refused or not tried. Returns the failure, if there was one; that the
 * namespace is on its way out is none, for nothing can be done about it.
 */
export async function createPods(
  control: PodControl,
  expectations: Expectations,
  key: string,
  owner: KubeObject,
  count: number,
  podAt: (index: number) => ToCreate<Pod>,
): Promise<unknown> {
  const result = await slowStart(count, async (index) => {
    try {
      await control.create(owner, podAt(index));
    } catch (error) {
      expectations.creationObserved(key);
      if (!isNamespaceTerminating(error)) throw error;
    }
  });
  for (let left = count - result.started; left > 0; left -= 1) {
    expectations.creationObserved(key);
  }
  return result.error;
}

/** Deletes the pods that were announced to `expectations`. Returns the first failure, if any. */
export async function deletePods(
  control: PodControl,
  expectations: Expectations,
  key: string,
  owner: KubeObject,
  pods: readonly Pod[],
): Promise<unknown> {
  const results = await Promise.allSettled(
    pods.map(async (pod) => {
      try {
        if ((await control.delete(owner, pod)) === "was gone") {
          expectations.deletionObserved(key, pod.metadata.uid);
        }
      } catch (error) {
        expectations.deletionObserved(key, pod.metadata.uid);
        throw error;
      }
    }),
  );
  return results.find((result) => result.status === "rejected")?.reason;
}
