import { toTime } from "../../base/rfc3339.ts";
import type { Client, EventRecorder } from "../../client/index.ts";
import { isPodReady } from "../../k8s/pods.ts";
import { pods as podResource } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { Pod } from "../../k8s/types/core.ts";
import { forEachBounded } from "../bounded.ts";
import { refOf } from "../claim.ts";

const inFlightMax = 32;

/**
 * Takes Ready from the pods of a node that is no longer ready, since its kubelet will not: that
 * takes them out of the EndpointSlices. Follows `MarkPodsNotReady` of
 * `pkg/controller/util/node/controller_utils.go`.
 *
 * @throws the first failure, after all pods have been tried.
 */
export async function markPodsNotReady(
  client: Client,
  recorder: EventRecorder,
  pods: readonly Pod[],
  nowMs: number,
): Promise<void> {
  const condition = { type: "Ready", status: "False", lastTransitionTime: toTime(nowMs) };
  await forEachBounded(pods.filter(isPodReady), inFlightMax, async (pod) => {
    const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
    const type = "application/strategic-merge-patch+json";
    try {
      await client.patch(podResource, refOf(pod), type, patch, { subresource: "status" });
    } catch (error) {
      if (isApiError(error, "NotFound") || isApiError(error, "Conflict")) return;
      throw error;
    }
    recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready");
  });
}
