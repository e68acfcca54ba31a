import type { ClusterState } from "../cluster-state.ts";
import type { PodInfo } from "../pod-info.ts";
import {
  defaultConstraints,
  eligibility,
  hostnameLabel,
  type SpreadConstraint,
  statedConstraints,
} from "../spread-constraint.ts";
import { largest, type Score, scoreMax } from "./score.ts";

/** Prefers topologies with few of the pods that are to be spread (`podtopologyspread/scoring.go`). */
export const topologySpread: Score = {
  name: "PodTopologySpread",
  weight: 2,
  prepare(pod, cluster, rows) {
    const isStated = (pod.pod.spec.topologySpreadConstraints ?? []).length > 0;
    const constraints = isStated
      ? statedConstraints(pod, "ScheduleAnyway")
      : defaultConstraints(pod, cluster);
    if (constraints.length === 0) return undefined;
    // A node without one of the stated labels is out; the default constraints do not mind.
    const required = isStated
      ? constraints.map(({ topologyKey }) => cluster.nodes.domains(topologyKey).ids)
      : [];
    const isIgnored = (row: number): boolean => required.some((ids) => (ids[row] ?? -1) < 0);
    const candidates = required.length === 0 ? rows : rows.filter((row) => !isIgnored(row));
    const parts = constraints.flatMap((constraint) =>
      createPart(constraint, pod, cluster, candidates, isIgnored),
    );
    return {
      scoreOf(row) {
        if (required.length > 0 && isIgnored(row)) return ignored;
        let score = 0;
        for (const part of parts) score += part(row);
        return Math.round(score);
      },
      normalize: normalizeSpread,
    };
  },
};

/** Marks nodes that get nothing, until scores are normalized. */
const ignored = -1;

/** What one constraint says of a row: how many pods weigh on it, the fewer the better. */
type Part = (row: number) => number;

function createPart(
  constraint: SpreadConstraint,
  pod: PodInfo,
  cluster: ClusterState,
  candidates: Int32Array,
  isIgnored: (row: number) => boolean,
): readonly Part[] {
  const { topologyKey, maxSkew, matcher } = constraint;
  const { ids, size } = cluster.nodes.domains(topologyKey);
  if (size === 0) return [];
  const counts = cluster.countPods(matcher);
  if (topologyKey === hostnameLabel) {
    const weight = weightOf(candidates.length);
    return [(row) => ((ids[row] ?? -1) < 0 ? 0 : (counts[row] ?? 0) * weight + maxSkew - 1)];
  }
  const isWanted = new Uint8Array(size);
  for (const row of candidates) isWanted[ids[row] ?? -1] = 1;
  const isEligible = eligibility(constraint, pod, cluster);
  const sums = new Int32Array(size);
  for (const row of cluster.nodes.order()) {
    const id = ids[row] ?? -1;
    if (id < 0 || isWanted[id] === 0 || (counts[row] ?? 0) === 0 || isIgnored(row)) continue;
    if (isEligible === undefined || isEligible(row))
      sums[id] = (sums[id] ?? 0) + (counts[row] ?? 0);
  }
  const weight = weightOf(isWanted.reduce((sum, one) => sum + one, 0));
  return [
    (row) => {
      const id = ids[row] ?? -1;
      return id < 0 ? 0 : (sums[id] ?? 0) * weight + maxSkew - 1;
    },
  ];
}

/** A topology of many domains has few pods in each, so one pod weighs more there. */
function weightOf(domains: number): number {
  return Math.log(domains + 2);
}

function normalizeSpread(scores: Float64Array): void {
  const max = largest(scores);
  let min = Number.POSITIVE_INFINITY;
  for (const score of scores) if (score !== ignored && score < min) min = score;
  for (let index = 0; index < scores.length; index += 1) {
    const score = scores[index] ?? 0;
    if (score === ignored) scores[index] = 0;
    else scores[index] = max === 0 ? scoreMax : Math.floor((scoreMax * (max + min - score)) / max);
  }
}
