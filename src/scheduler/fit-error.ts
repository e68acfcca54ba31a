import type { FilterName, Rejection } from "./filters/filter.ts";

/** Why a pod has no node. */
export interface FitError {
  /** The message of kube-scheduler: `0/3 nodes are available: 3 Insufficient cpu. …`. */
  readonly message: string;
  /** Who turned nodes down: only what bears on these makes another try worth while. */
  readonly plugins: ReadonlySet<FilterName>;
}

/** Gathers why nodes were turned down, node by node. */
export interface Diagnosis {
  add(plugin: FilterName, rejection: Rejection): void;
  /** Nodes that nobody asked because the pod names others. */
  addAbsent(count: number): void;
  fitError(): FitError;
}

export function createDiagnosis(
  nodeCount: number,
  preemptionPolicy: string | undefined,
): Diagnosis {
  const reasons = new Map<string, number>();
  const plugins = new Set<FilterName>();
  let resolvable = 0;

  return {
    add(plugin, rejection) {
      plugins.add(plugin);
      if (rejection.isResolvable) resolvable += 1;
      for (const reason of rejection.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    },
    addAbsent(count) {
      plugins.add("NodeAffinity");
      if (count > 0) reasons.set("node(s) didn't satisfy plugin(s) [NodeAffinity]", count);
    },
    fitError() {
      if (nodeCount === 0) return { message: "no nodes available to schedule pods", plugins };
      const preemption =
        preemptionPolicy === "Never"
          ? "not eligible due to preemptionPolicy=Never."
          : noVictims(nodeCount, resolvable);
      // The first of the two is what dynamic resource allocation has to say: there are no claims.
      const postFilters = `no new claims to deallocate, preemption: ${preemption}`;
      const message = `${sentence(nodeCount, reasons)} ${postFilters}`;
      return { message, plugins };
    },
  };
}

/** Nobody is preempted here, so there are never victims. */
function noVictims(nodeCount: number, resolvable: number): string {
  const reasons = new Map<string, number>();
  if (resolvable > 0) reasons.set("No preemption victims found for incoming pod", resolvable);
  if (resolvable < nodeCount) {
    reasons.set("Preemption is not helpful for scheduling", nodeCount - resolvable);
  }
  return sentence(nodeCount, reasons);
}

/** Sorted as texts, numbers and all, as Go's `sort.Strings` does. */
function sentence(nodeCount: number, reasons: ReadonlyMap<string, number>): string {
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${parts.join(", ")}.`;
}
