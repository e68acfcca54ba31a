import { type AffinityTerm, termMatcher } from "../affinity-term.ts";
import type { ClusterState } from "../cluster-state.ts";
import { everywhere } from "../pod-counts.ts";
import type { PodInfo } from "../pod-info.ts";
import { type Filter, type RowFilter, rejection } from "./filter.ts";

const attractionMissing = rejection("node(s) didn't match pod affinity rules", false);
const repelled = rejection("node(s) didn't match pod anti-affinity rules", true);
const repelledByOthers = rejection(
  "node(s) didn't satisfy existing pods anti-affinity rules",
  true,
);

/** Required (anti-)affinity between pods, both ways (`interpodaffinity/filtering.go`). */
export const interPodAffinity: Filter = {
  name: "InterPodAffinity",
  prepare(pod, cluster) {
    const checks = [
      affinityCheck(pod, cluster),
      antiAffinityCheck(pod, cluster),
      placedAntiAffinityCheck(pod, cluster),
    ].filter((check) => check !== undefined);
    if (checks.length === 0) return undefined;
    return (row) => {
      for (const check of checks) {
        const rejected = check(row);
        if (rejected !== undefined) return rejected;
      }
      return undefined;
    };
  },
};

/** Of each term's topology there must be pods that match all terms. */
function affinityCheck(pod: PodInfo, cluster: ClusterState): RowFilter | undefined {
  const terms = pod.requiredAffinity;
  if (terms.length === 0) return undefined;
  const counts = cluster.countPods({
    key: `affinity ${terms.map(({ key }) => key).join(" ")}`,
    scope: everywhere,
    matches: (each) => terms.every((term) => term.matches(each)),
  });
  const topologies = terms.map(({ topologyKey }) => sumByDomain(counts, topologyKey, cluster));
  // The first of a series that is to be together may go anywhere.
  const isFirst =
    topologies.every(({ total }) => total === 0) && terms.every((term) => term.matches(pod));
  return (row) => {
    let areThere = true;
    for (const { ids, sums } of topologies) {
      const id = ids[row] ?? -1;
      if (id < 0) return attractionMissing;
      if ((sums[id] ?? 0) === 0) areThere = false;
    }
    return areThere || isFirst ? undefined : attractionMissing;
  };
}

/** No term may match a pod of the same topology. */
function antiAffinityCheck(pod: PodInfo, cluster: ClusterState): RowFilter | undefined {
  if (pod.requiredAntiAffinity.length === 0) return undefined;
  const topologies = pod.requiredAntiAffinity.map((term) => {
    const counts = cluster.countPods(termMatcher(term));
    return sumByDomain(counts, term.topologyKey, cluster);
  });
  return (row) => {
    for (const { ids, sums } of topologies) {
      const id = ids[row] ?? -1;
      if (id >= 0 && (sums[id] ?? 0) > 0) return repelled;
    }
    return undefined;
  };
}

/** Nor may a term of a pod that is there already match this one. */
function placedAntiAffinityCheck(pod: PodInfo, cluster: ClusterState): RowFilter | undefined {
  /** By topology key, the domains that are closed. */
  const closed = new Map<string, Set<number>>();
  for (const { term, podsByRow } of cluster.terms.groups("repels")) {
    if (!term.matches(pod)) continue;
    const { ids } = cluster.nodes.domains(term.topologyKey);
    const domains = closed.get(term.topologyKey) ?? new Set();
    for (const row of podsByRow.keys()) domains.add(ids[row] ?? -1);
    domains.delete(-1);
    closed.set(term.topologyKey, domains);
  }
  if (closed.size === 0) return undefined;
  const topologies = [...closed].map(([key, domains]) => ({
    ids: cluster.nodes.domains(key).ids,
    domains,
  }));
  return (row) =>
    topologies.some(({ ids, domains }) => domains.has(ids[row] ?? -1))
      ? repelledByOthers
      : undefined;
}

interface DomainSums {
  readonly ids: Int32Array;
  readonly sums: Int32Array;
  readonly total: number;
}

function sumByDomain(
  counts: Int32Array,
  topologyKey: AffinityTerm["topologyKey"],
  cluster: ClusterState,
): DomainSums {
  const { ids, size } = cluster.nodes.domains(topologyKey);
  const sums = new Int32Array(size);
  let total = 0;
  for (const row of cluster.nodes.order()) {
    const id = ids[row] ?? -1;
    const count = counts[row] ?? 0;
    if (id < 0 || count === 0) continue;
    sums[id] = (sums[id] ?? 0) + count;
    total += count;
  }
  return { ids, sums, total };
}
