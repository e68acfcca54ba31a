import type { PodPhase } from "../k8s/types/core.ts";
import type { PodTally } from "../kubelet/index.ts";

/** Counts the pods of a fleet by phase. */
export interface PodCounter {
  readonly counts: Readonly<Record<PodPhase, number>>;
  /** What its kubelets tell. */
  readonly tally: PodTally;
}

export function createPodCounter(): PodCounter {
  const counts: Record<PodPhase, number> = {
    Pending: 0,
    Running: 0,
    Succeeded: 0,
    Failed: 0,
    Unknown: 0,
  };
  return {
    counts,
    tally: {
      moved(from, to) {
        if (from !== undefined) counts[from] -= 1;
        if (to !== undefined) counts[to] += 1;
      },
    },
  };
}
