import type { ClusterState } from "../cluster-state.ts";
import type { PodInfo } from "../pod-info.ts";
import { eligibility, type SpreadConstraint, statedConstraints } from "../spread-constraint.ts";
import { type Filter, type RowFilter, rejection } from "./filter.ts";

const mismatch = "node(s) didn't match pod topology spread constraints";
const tooSkewed = rejection(mismatch, true);
const withoutLabel = rejection(`${mismatch} (missing required label)`, false);

/** Constraints that must not be broken (`podtopologyspread/filtering.go`). */
export const podTopologySpread: Filter = {
  name: "PodTopologySpread",
  prepare(pod, cluster) {
    const constraints = statedConstraints(pod, "DoNotSchedule");
    if (constraints.length === 0) return undefined;
    const checks = constraints.map((constraint) =>
      createCheck(constraint, constraints, pod, cluster),
    );
    return (row) => {
      for (const check of checks) {
        const rejected = check(row);
        if (rejected !== undefined) return rejected;
      }
      return undefined;
    };
  },
};

function createCheck(
  constraint: SpreadConstraint,
  all: readonly SpreadConstraint[],
  pod: PodInfo,
  cluster: ClusterState,
): RowFilter {
  const { ids, size } = cluster.nodes.domains(constraint.topologyKey);
  const others = all.map(({ topologyKey }) => cluster.nodes.domains(topologyKey).ids);
  const counts = cluster.countPods(constraint.matcher);
  const isEligible = eligibility(constraint, pod, cluster);
  // Only domains with an eligible node count; -1 marks the others.
  const sums = new Int32Array(size).fill(-1);
  for (const row of cluster.nodes.order()) {
    const id = ids[row] ?? -1;
    if (id < 0 || others.some((other) => (other[row] ?? -1) < 0)) continue;
    if (isEligible !== undefined && !isEligible(row)) continue;
    sums[id] = Math.max(sums[id] ?? 0, 0) + (counts[row] ?? 0);
  }
  const eligible = sums.filter((sum) => sum >= 0);
  const least = eligible.length < constraint.minDomains ? 0 : eligible.reduce(smaller, maxCount);
  const itself = constraint.matcher.matches({ ...pod, isTerminating: false }) ? 1 : 0;
  return (row) => {
    const id = ids[row] ?? -1;
    if (id < 0) return withoutLabel;
    const skew = Math.max(sums[id] ?? 0, 0) + itself - least;
    return skew > constraint.maxSkew ? tooSkewed : undefined;
  };
}

const maxCount = 2 ** 31 - 1;

function smaller(left: number, right: number): number {
  return Math.min(left, right);
}
