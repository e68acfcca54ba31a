import { resolveIntOrPercent } from "../../k8s/int-or-percent.ts";
import { isPodAvailable } from "../../k8s/pods.ts";
import type { DaemonSet } from "../../k8s/types/apps.ts";
import type { Pod } from "../../k8s/types/core.ts";
import { type DaemonDecision, type DaemonInput, isUpdated } from "./decide-daemons.ts";

interface NodePods {
  readonly node: string;
  readonly newPod: Pod | undefined;
  readonly oldPod: Pod | undefined;
}

/**
 * Replaces pods of older revisions, as many at a time as the strategy allows. To be asked when
 * nothing else is to be done. Follows `rollingUpdate` of `pkg/controller/daemon/update.go`.
 */
export function decideRollingUpdate(input: DaemonInput): DaemonDecision {
  const { surge, unavailable } = limits(input);
  return surge === 0 ? replaceInPlace(input, unavailable) : replaceBySurge(input, surge);
}

function limits(input: DaemonInput): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 1 } =
    input.daemonSet.spec.updateStrategy?.rollingUpdate ?? {};
  const desired = input.nodes.filter((node) => input.eligibilityOf(node) === "run").length;
  const surge = resolveIntOrPercent(maxSurge, desired, "up");
  const unavailable = resolveIntOrPercent(maxUnavailable, desired, "up");
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

function replaceInPlace(input: DaemonInput, maxUnavailable: number): DaemonDecision {
  const { nodes, excess } = sortByRevision(input);
  let unavailable = excess;
  const replacements: Pod[] = [];
  const candidates: Pod[] = [];
  for (const { newPod, oldPod } of nodes) {
    if ((newPod === undefined) === (oldPod === undefined)) {
      unavailable += 1;
    } else if (newPod !== undefined) {
      if (!isAvailable(newPod, input)) unavailable += 1;
    } else if (oldPod !== undefined) {
      if (isAvailable(oldPod, input)) candidates.push(oldPod);
      else {
        // It serves nobody: replacing it costs nothing.
        replacements.push(oldPod);
        unavailable += 1;
      }
    }
  }
  const room = Math.max(0, maxUnavailable - unavailable);
  return { createOn: [], deletes: [...replacements, ...candidates.slice(0, room)], failed: [] };
}

function replaceBySurge(input: DaemonInput, maxSurge: number): DaemonDecision {
  const { nodes, excess } = sortByRevision(input);
  const runsOn = new Set(
    input.nodes
      .filter((node) => input.eligibilityOf(node) === "run")
      .map(({ metadata }) => metadata.name),
  );
  let surging = excess;
  let available = 0;
  const deletes: Pod[] = [];
  const misplaced: Pod[] = [];
  const urgent: string[] = [];
  const candidates: string[] = [];
  for (const { node, newPod, oldPod } of nodes) {
    const counted = oldPod ?? newPod;
    if (counted !== undefined && isAvailable(counted, input)) available += 1;
    if (oldPod === undefined) continue;
    if (newPod !== undefined) {
      if (isAvailable(newPod, input)) deletes.push(oldPod);
      else surging += 1;
    } else if (!isAvailable(oldPod, input)) {
      if (runsOn.has(node)) urgent.push(node);
      else deletes.push(oldPod);
    } else if (runsOn.has(node)) candidates.push(node);
    else misplaced.push(oldPod);
  }
  // Pods where none should be go only as others take their place elsewhere.
  const spare = Math.max(0, available - runsOn.size);
  const room = Math.max(0, maxSurge - surging);
  return {
    createOn: [...urgent, ...candidates.slice(0, room)],
    deletes: [...deletes, ...misplaced.slice(0, spare)],
    failed: [],
  };
}

/** Each node with its new and its old pod; nodes with more than one of a kind are only counted. */
function sortByRevision(input: DaemonInput): { nodes: readonly NodePods[]; excess: number } {
  const nodes: NodePods[] = [];
  let excess = 0;
  const seen = new Set<string>();
  const visit = (node: string): void => {
    seen.add(node);
    const alive = (input.pods.get(node) ?? []).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    const updated = alive.filter((pod) => isUpdated(pod, input.hash));
    const outdated = alive.filter((pod) => !isUpdated(pod, input.hash));
    if (updated.length > 1 || outdated.length > 1) excess += 1;
    else nodes.push({ node, newPod: updated[0], oldPod: outdated[0] });
  };
  for (const node of input.pods.keys()) visit(node);
  for (const node of input.nodes) {
    const { name } = node.metadata;
    if (!seen.has(name) && input.eligibilityOf(node) === "run") visit(name);
  }
  return { nodes, excess };
}

function isAvailable(pod: Pod, { daemonSet, nowMs }: DaemonInput): boolean {
  return isPodAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, nowMs);
}

export function isRollingUpdate({ spec }: DaemonSet): boolean {
  return spec.updateStrategy?.type !== "OnDelete";
}
