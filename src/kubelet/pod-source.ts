import type { Pod } from "../k8s/types/core.ts";

/** What a kubelet is told of the pods of its node. Calls must not throw. */
export interface PodHandler {
  /** The pod is there, or has changed. */
  changed(pod: Pod): void;
  /** The pod is gone from the API server; `pod` is the last state that was seen. */
  removed(pod: Pod): void;
}

/**
 * Where kubelets learn of their pods: one watch that all of them share, or a watch for each. Pods
 * are told apart by their UIDs: another pod of the same name is another pod, and may come before its
 * predecessor is `removed`.
 */
export interface PodSource {
  /** `changed` is called for what is there already. Returns what ends the subscription. */
  subscribe(nodeName: string, handler: PodHandler): () => void;
}
