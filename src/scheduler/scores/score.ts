import type { ClusterState } from "../cluster-state.ts";
import type { PodInfo } from "../pod-info.ts";

/** The best that a score can say of a node. */
export const scoreMax = 100;

/** What a score says of nodes that a pod may go to. */
interface RowScore {
  scoreOf(row: number): number;
  /** Brings the scores of all these nodes to 0 … 100, in place. Default: they are already. */
  normalize?(scores: Float64Array): void;
}

/** A plugin of kube-scheduler that prefers some nodes. */
export interface Score {
  readonly name: string;
  /** How much it counts beside the others. */
  readonly weight: number;
  /** Looks at the pod and at the rows of the nodes it may go to; undefined if it prefers none. */
  prepare(pod: PodInfo, cluster: ClusterState, rows: Int32Array): RowScore | undefined;
}

/** Scales so that the largest becomes 100 (`helper.DefaultNormalizeScore`). */
export function normalizeByMax(scores: Float64Array): void {
  const max = largest(scores);
  if (max === 0) return;
  for (let index = 0; index < scores.length; index += 1) {
    scores[index] = Math.floor((scoreMax * (scores[index] ?? 0)) / max);
  }
}

/** The same, and the largest becomes 0. */
export function normalizeReversed(scores: Float64Array): void {
  normalizeByMax(scores);
  for (let index = 0; index < scores.length; index += 1) {
    scores[index] = scoreMax - (scores[index] ?? 0);
  }
}

export function largest(scores: Float64Array): number {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  return max;
}
