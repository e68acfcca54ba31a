import { tolerates } from "../../k8s/taints.ts";
import type { Taint, Toleration } from "../../k8s/types/core.ts";

/**
 * How long a pod may stay on a node with these NoExecute taints, in milliseconds from when they were
 * first seen: 0 if one of them is not tolerated, undefined for ever. The shortest
 * `tolerationSeconds` of the tolerations that are used decides. Follows `processPodOnNode` of
 * `pkg/controller/tainteviction/taint_eviction.go`.
 */
export function evictionDelayMs(
  taints: readonly Taint[],
  tolerations: readonly Toleration[] | undefined,
): number | undefined {
  let delayS = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const toleration = tolerations?.find((each) => tolerates(each, taint));
    if (toleration === undefined) return 0;
    delayS = Math.min(delayS, Math.max(0, toleration.tolerationSeconds ?? delayS));
  }
  return delayS === Number.POSITIVE_INFINITY ? undefined : delayS * 1_000;
}

const none: readonly Taint[] = [];

export function noExecuteTaints(taints: readonly Taint[] | undefined): readonly Taint[] {
  return taints?.filter(({ effect }) => effect === "NoExecute") ?? none;
}
