import { matchesNodeSelectorTerm } from "../../k8s/node-selector.ts";
import { tolerates } from "../../k8s/taints.ts";
import { termMatcher } from "../affinity-term.ts";
import { normalizeByMax, normalizeReversed, type Score, scoreMax } from "./score.ts";

/** Keeps away from PreferNoSchedule taints that the pod does not tolerate. */
export const taintPreference: Score = {
  name: "TaintToleration",
  weight: 3,
  prepare({ pod }, { nodes }) {
    if (!nodes.hasTaints) return undefined;
    const tolerations = (pod.spec.tolerations ?? []).filter(
      ({ effect }) => effect === undefined || effect === "PreferNoSchedule",
    );
    return {
      scoreOf(row) {
        let intolerable = 0;
        for (const taint of nodes.nodeAt(row).spec?.taints ?? []) {
          if (taint.effect !== "PreferNoSchedule") continue;
          if (!tolerations.some((toleration) => tolerates(toleration, taint))) intolerable += 1;
        }
        return intolerable;
      },
      normalize: normalizeReversed,
    };
  },
};

/** Preferred node affinity. */
export const nodeAffinityPreference: Score = {
  name: "NodeAffinity",
  weight: 2,
  prepare({ pod }, { nodes }) {
    const preferred =
      pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    return {
      scoreOf(row) {
        let sum = 0;
        for (const { preference, weight } of preferred) {
          if (matchesNodeSelectorTerm(preference, nodes.nodeAt(row))) sum += weight;
        }
        return sum;
      },
      normalize: normalizeByMax,
    };
  },
};

/** Preferred (anti-)affinity between pods, both ways (`interpodaffinity/scoring.go`). */
export const interPodPreference: Score = {
  name: "InterPodAffinity",
  weight: 2,
  prepare(pod, cluster) {
    const parts: { readonly ids: Int32Array; readonly sums: Float64Array }[] = [];
    const addPart = (topologyKey: string, weigh: (sums: Float64Array, ids: Int32Array) => void) => {
      const { ids, size } = cluster.nodes.domains(topologyKey);
      const sums = new Float64Array(size);
      weigh(sums, ids);
      parts.push({ ids, sums });
    };
    for (const { term, weight } of pod.preferredAffinity) {
      const counts = cluster.countPods(termMatcher(term));
      addPart(term.topologyKey, (sums, ids) => {
        for (const row of cluster.nodes.order())
          weighIn(sums, ids[row], weight * (counts[row] ?? 0));
      });
    }
    for (const { term, weight, podsByRow } of cluster.terms.groups("attracts")) {
      if (!term.matches(pod)) continue;
      addPart(term.topologyKey, (sums, ids) => {
        for (const [row, count] of podsByRow) weighIn(sums, ids[row], weight * count);
      });
    }
    if (parts.length === 0) return undefined;
    return {
      scoreOf(row) {
        let sum = 0;
        for (const { ids, sums } of parts) sum += sums[ids[row] ?? -1] ?? 0;
        return sum;
      },
      normalize: normalizeByRange,
    };
  },
};

function weighIn(sums: Float64Array, id: number | undefined, amount: number): void {
  if (id === undefined || id < 0) return;
  sums[id] = (sums[id] ?? 0) + amount;
}

/** The smallest becomes 0 and the largest 100; sums may be negative. */
function normalizeByRange(scores: Float64Array): void {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score < min) min = score;
    if (score > max) max = score;
  }
  for (let index = 0; index < scores.length; index += 1) {
    const share = max > min ? ((scores[index] ?? 0) - min) / (max - min) : 0;
    scores[index] = Math.floor(scoreMax * share);
  }
}
