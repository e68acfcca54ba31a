import type { Env } from "../base/env.ts";
import { toTime } from "../base/rfc3339.ts";
import type { Client } from "../client/index.ts";
import { findCondition } from "../k8s/conditions.ts";
import { pods } from "../k8s/resources.ts";
import { ApiError } from "../k8s/status.ts";
import type { Pod } from "../k8s/types/core.ts";
import type { Condition } from "../k8s/types/meta.ts";

/** How an attempt to bind a pod ended. */
type BindResult =
  | { readonly kind: "bound" }
  /** The pod is gone, has a node already, or is being deleted: the watch will tell. */
  | { readonly kind: "obsolete" }
  | { readonly kind: "failed"; readonly error: unknown };

/** The writes of the scheduler. */
export interface PodWriter {
  bind(pod: Pod, nodeName: string): Promise<BindResult>;
  /** Says in the pod's status why it has no node, unless it is said there already. */
  reportUnscheduled(
    pod: Pod,
    reason: "Unschedulable" | "SchedulerError",
    message: string,
  ): Promise<void>;
}

/** `signal` ends the writes under way; what they would have said is not missed any more. */
export function createPodWriter(
  client: Client,
  signal: AbortSignal,
  { clock, log }: Pick<Env, "clock" | "log">,
): PodWriter {
  return {
    async bind(pod, nodeName) {
      const { namespace = "", name, uid } = pod.metadata;
      const binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { namespace, name, uid },
        target: { kind: "Node", name: nodeName },
      };
      try {
        await client.createSubresource(pods, { namespace, name }, "binding", binding, { signal });
        return { kind: "bound" };
      } catch (error) {
        const isObsolete = signal.aborted || isOvertaken(error);
        return isObsolete ? { kind: "obsolete" } : { kind: "failed", error };
      }
    },
    async reportUnscheduled(pod, reason, message) {
      const previous = findCondition(pod.status?.conditions, "PodScheduled");
      if (previous?.status === "False" && previous.reason === reason) {
        if (previous.message === message) return;
      }
      const condition: Condition = {
        type: "PodScheduled",
        status: "False",
        reason,
        message,
        lastProbeTime: null,
        lastTransitionTime:
          previous?.status === "False" && previous.lastTransitionTime !== undefined
            ? previous.lastTransitionTime
            : toTime(clock.nowMs()),
      };
      const { namespace = "", name, uid } = pod.metadata;
      try {
        await client.patch(
          pods,
          { namespace, name },
          "application/strategic-merge-patch+json",
          // The uid keeps the patch from another pod of the same name.
          { metadata: { uid }, status: { conditions: [condition] } },
          { subresource: "status", signal },
        );
      } catch (error) {
        if (signal.aborted || isOvertaken(error)) return;
        log.warn("the status of a pod without a node was not written", { namespace, name, error });
      }
    },
  };
}

/** The pod is gone, or is not what we took it for. */
function isOvertaken(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 404 || error.code === 409);
}
