import { objectKey } from "../k8s/object-key.ts";
import { isPodTerminal } from "../k8s/pods.ts";
import { nodes as nodeResource, pods as podResource } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Node, Pod } from "../k8s/types/core.ts";
import { forEachBounded } from "./bounded.ts";
import { refOf } from "./claim.ts";
import type { ControllerContext, RunningController } from "./controller-context.ts";
import { startReconcileLoop } from "./reconcile-loop.ts";

/** How often the pods are looked through (`gcCheckPeriod`). */
const checkPeriodMs = 20_000;
/** How long a node has to be missing before its pods are deleted (`quarantineTime`). */
const quarantineMs = 40_000;
const inFlightMax = 32;
const outOfService = "node.kubernetes.io/out-of-service";

/**
 * Deletes pods that nobody else will: those of nodes that are gone, those that were deleted before
 * they were scheduled, those on nodes declared out of service, and ended ones beyond a threshold.
 * Follows `pkg/controller/podgc/gc_controller.go`.
 */
export function startPodGarbageCollector(context: ControllerContext): RunningController {
  const { client, informers, options, signal, env } = context;
  const pods = informers.pods();
  const nodes = informers.nodes();
  /** Since when a node that pods are bound to has been missing. */
  const missingSinceMs = new Map<string, number>();

  /** The nodes that have been missing for long enough, and that the server does not know either. */
  const goneNodes = async (nodeNames: ReadonlySet<string>): Promise<ReadonlySet<string>> => {
    const nowMs = env.clock.monotonicMs();
    const gone = new Set<string>();
    for (const name of missingSinceMs.keys()) {
      if (!nodeNames.has(name) || nodes.indexer.get(name) !== undefined)
        missingSinceMs.delete(name);
    }
    for (const name of nodeNames) {
      if (nodes.indexer.get(name) !== undefined) continue;
      const sinceMs = missingSinceMs.get(name);
      if (sinceMs === undefined) missingSinceMs.set(name, nowMs);
      else if (nowMs - sinceMs >= quarantineMs && (await isGone(name))) gone.add(name);
    }
    return gone;
  };
  const isGone = async (name: string): Promise<boolean> => {
    try {
      await client.get(nodeResource, { name });
      return false;
    } catch (error) {
      if (isApiError(error, "NotFound")) return true;
      throw error;
    }
  };
  const collect = async ({ pod, orphaned }: Garbage): Promise<void> => {
    const { uid } = pod.metadata;
    try {
      if (orphaned && !isPodTerminal(pod)) {
        const patch = { metadata: { uid }, status: { phase: "Failed" } };
        const type = "application/strategic-merge-patch+json";
        await client.patch(podResource, refOf(pod), type, patch, { subresource: "status" });
      }
      await client.delete(podResource, refOf(pod), {
        gracePeriodSeconds: 0,
        preconditions: { uid },
      });
    } catch (error) {
      if (!isApiError(error, "NotFound") && !isApiError(error, "Conflict")) throw error;
    }
  };
  const loop = startReconcileLoop(
    {
      name: "pod-garbage-collector-controller",
      workers: 1,
      after: [pods.synced, nodes.synced],
      signal,
      async reconcile() {
        const all = [...pods.indexer.values()];
        const nodeNames = new Set(all.flatMap(({ spec }) => spec.nodeName ?? []));
        const gone = await goneNodes(nodeNames);
        const nodeOf = (name: string): Node | undefined => nodes.indexer.get(name);
        const garbage = findGarbage(all, gone, nodeOf, options.terminatedPodThreshold);
        await forEachBounded(garbage, inFlightMax, collect);
        return checkPeriodMs;
      },
    },
    env,
  );
  loop.addAfter("all", checkPeriodMs);
  return loop;
}

interface Garbage {
  readonly pod: Pod;
  /** Its node cannot say how it ended: it is said for it. */
  readonly orphaned: boolean;
}

/** The pods to delete, each once. */
export function findGarbage(
  pods: readonly Pod[],
  goneNodes: ReadonlySet<string>,
  nodeOf: (name: string) => Node | undefined,
  terminatedPodThreshold: number,
): readonly Garbage[] {
  const garbage = new Map<string, Garbage>();
  const add = (pod: Pod, orphaned: boolean): void => {
    garbage.set(objectKey(pod.metadata), { pod, orphaned });
  };
  const ended = pods.filter(isPodTerminal);
  if (terminatedPodThreshold > 0 && ended.length > terminatedPodThreshold) {
    ended
      .sort((left, right) => compareAge(left, right))
      .slice(0, ended.length - terminatedPodThreshold)
      .forEach((pod) => void add(pod, false));
  }
  for (const pod of pods) {
    const { nodeName } = pod.spec;
    const isTerminating = pod.metadata.deletionTimestamp !== undefined;
    if (nodeName === undefined || nodeName === "") {
      if (isTerminating) add(pod, true);
    } else if (goneNodes.has(nodeName) || (isTerminating && isOutOfService(nodeOf(nodeName)))) {
      add(pod, true);
    }
  }
  return [...garbage.values()];
}

function compareAge(left: Pod, right: Pod): number {
  const { creationTimestamp: leftTime, name: leftName } = left.metadata;
  const { creationTimestamp: rightTime, name: rightName } = right.metadata;
  if (leftTime !== rightTime) return leftTime < rightTime ? -1 : 1;
  return leftName < rightName ? -1 : 1;
}

/** Whether somebody has said that the node is shut down for good, and it is not ready. */
function isOutOfService(node: Node | undefined): boolean {
  const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
  const tainted = node?.spec?.taints?.some(({ key }) => key === outOfService) === true;
  return tainted && ready?.status !== "True";
}
