import { interPodPreference, nodeAffinityPreference, taintPreference } from "./preferences.ts";
import { balancedAllocation, leastAllocated } from "./resources.ts";
import type { Score } from "./score.ts";
import { topologySpread } from "./topology-spread.ts";

/** With the weights of kube-scheduler's default profile; ImageLocality is left out: hollow images have no place. */
export const scores: readonly Score[] = [
  taintPreference,
  nodeAffinityPreference,
  leastAllocated,
  topologySpread,
  interPodPreference,
  balancedAllocation,
];
