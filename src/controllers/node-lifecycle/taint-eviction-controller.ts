import { toTime } from "../../base/rfc3339.ts";
import type { Client } from "../../client/index.ts";
import { findCondition } from "../../k8s/conditions.ts";
import { jsonEqual } from "../../k8s/json.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { pods as podResource } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { Node, Pod, Taint } from "../../k8s/types/core.ts";
import { refOf } from "../claim.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";
import { byNode } from "../shared-informers.ts";
import { evictionDelayMs, noExecuteTaints } from "./eviction-delay.ts";

/** As the taint eviction controller of kube-controller-manager has. */
const workers = 8;

/**
 * Deletes the pods that do not tolerate the NoExecute taints of their node, at once or when their
 * `tolerationSeconds` are over. Follows `pkg/controller/tainteviction`.
 */
export function startTaintEvictionController(context: ControllerContext): RunningController {
  const { client, informers, signal, env } = context;
  const nodes = informers.nodes();
  const pods = informers.pods();
  const recorder = context.recorder("taint-eviction-controller");
  /** Since when a pod's node has been tainted, by pod. An entry goes with the taint or the pod. */
  const taintedSinceMs = new Map<string, number>();

  const taintsOf = (pod: Pod): readonly Taint[] => {
    const { nodeName } = pod.spec;
    if (nodeName === undefined) return [];
    return noExecuteTaints(nodes.indexer.get(nodeName)?.spec?.taints);
  };
  const loop = startReconcileLoop(
    {
      name: "taint-eviction-controller",
      workers,
      after: [nodes.synced, pods.synced],
      signal,
      async reconcile(key) {
        const pod = pods.indexer.get(key);
        const taints = pod === undefined ? [] : taintsOf(pod);
        const delayMs =
          taints.length === 0 ? undefined : evictionDelayMs(taints, pod?.spec.tolerations);
        if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) {
          taintedSinceMs.delete(key);
          return undefined;
        }
        if (delayMs === undefined) {
          if (taintedSinceMs.delete(key)) {
            recorder.event(
              pod,
              "Normal",
              "TaintManagerEviction",
              `Cancelling deletion of Pod ${key}`,
            );
          }
          return undefined;
        }
        const nowMs = env.clock.monotonicMs();
        const sinceMs = taintedSinceMs.get(key) ?? nowMs;
        taintedSinceMs.set(key, sinceMs);
        const leftMs = sinceMs + delayMs - nowMs;
        if (leftMs > 0) return leftMs;
        recorder.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${key}`);
        await evict(client, pod, env.clock.nowMs());
        taintedSinceMs.delete(key);
        return undefined;
      },
    },
    env,
  );

  const nodeChanged = (node: Node, previous?: Node): void => {
    const taints = noExecuteTaints(node.spec?.taints);
    const before = noExecuteTaints(previous?.spec?.taints);
    if (taints.length === 0 && before.length === 0) return;
    if (jsonEqual(taints, before)) return;
    for (const pod of pods.indexer.byIndex(byNode, node.metadata.name)) {
      loop.add(objectKey(pod.metadata));
    }
  };
  nodes.subscribe({ added: (node) => nodeChanged(node), updated: nodeChanged });
  pods.subscribe({
    added(pod) {
      if (taintsOf(pod).length > 0) loop.add(objectKey(pod.metadata));
    },
    updated(pod, previous) {
      if (taintsOf(pod).length === 0) return;
      const isUnchanged =
        pod.spec.nodeName === previous.spec.nodeName &&
        jsonEqual(pod.spec.tolerations, previous.spec.tolerations);
      if (!isUnchanged) loop.add(objectKey(pod.metadata));
    },
    deleted(pod) {
      taintedSinceMs.delete(objectKey(pod.metadata));
    },
  });
  return loop;
}

async function evict(client: Client, pod: Pod, nowMs: number): Promise<void> {
  const { uid } = pod.metadata;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByTaintManager",
    message: "Taint manager: deleting due to NoExecute taint",
    lastTransitionTime: toTime(nowMs),
  };
  try {
    if (findCondition(pod.status?.conditions, condition.type) === undefined) {
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      const type = "application/strategic-merge-patch+json";
      await client.patch(podResource, refOf(pod), type, patch, { subresource: "status" });
    }
    await client.delete(podResource, refOf(pod), { preconditions: { uid } });
  } catch (error) {
    // Gone, or another pod of that name by now.
    if (!isApiError(error, "NotFound") && !isApiError(error, "Conflict")) throw error;
  }
}
