import type { AffinityTerm } from "./affinity-term.ts";
import type { PodInfo } from "./pod-info.ts";

/** How a term of a pod that has a place bears on pods that come. */
export type TermRole = "repels" | "attracts";

/** All placed pods that say the same of others, as one. */
export interface TermGroup {
  readonly term: AffinityTerm;
  /** For "attracts": the weight of one pod, negative for preferred anti-affinity. */
  readonly weight: number;
  /** How many of these pods each row has; rows without are left out. */
  readonly podsByRow: ReadonlyMap<number, number>;
}

interface WritableTermGroup extends TermGroup {
  readonly podsByRow: Map<number, number>;
}

/** The weight of a required affinity in scores (`HardPodAffinityWeight`). */
const requiredAffinityWeight = 1;

/**
 * The affinity terms of the pods that have a place. The replicas of one template share a group, so
 * a pod that comes is matched once a template and not once a pod.
 */
export class PlacedTerms {
  readonly #groups: Readonly<Record<TermRole, Map<string, WritableTermGroup>>> = {
    repels: new Map(),
    attracts: new Map(),
  };

  groups(role: TermRole): Iterable<TermGroup> {
    return this.#groups[role].values();
  }

  addPod(row: number, pod: PodInfo, sign: 1 | -1): void {
    for (const term of pod.requiredAntiAffinity) this.#add("repels", term, 1, row, sign);
    for (const term of pod.requiredAffinity) {
      this.#add("attracts", term, requiredAffinityWeight, row, sign);
    }
    for (const { term, weight } of pod.preferredAffinity) {
      this.#add("attracts", term, weight, row, sign);
    }
  }

  #add(role: TermRole, term: AffinityTerm, weight: number, row: number, sign: 1 | -1): void {
    const groups = this.#groups[role];
    const key = `${weight} ${term.key}`;
    const group = groups.get(key) ?? { term, weight, podsByRow: new Map() };
    const count = (group.podsByRow.get(row) ?? 0) + sign;
    if (count > 0) group.podsByRow.set(row, count);
    else group.podsByRow.delete(row);
    if (group.podsByRow.size > 0) groups.set(key, group);
    else groups.delete(key);
  }
}
