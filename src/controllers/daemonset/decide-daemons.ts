import { isPodAvailable, isPodReady } from "../../k8s/pods.ts";
import type { DaemonSet } from "../../k8s/types/apps.ts";
import type { Node, Pod } from "../../k8s/types/core.ts";
import type { Eligibility } from "./eligibility.ts";
import { controllerRevisionHash } from "./history.ts";

/** What a decision is made from: the nodes, and the pods of the DaemonSet on each, oldest first. */
export interface DaemonInput {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  readonly pods: ReadonlyMap<string, readonly Pod[]>;
  readonly eligibilityOf: (node: Node) => Eligibility;
  /** Of the present revision. */
  readonly hash: string;
  readonly nowMs: number;
}

export interface DaemonDecision {
  /** The names of nodes that need a pod. */
  readonly createOn: readonly string[];
  readonly deletes: readonly Pod[];
  /** Those of `deletes` that have failed: deleting them over and over must slow down. */
  readonly failed: readonly Pod[];
}

export function isUpdated(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[controllerRevisionHash] === hash;
}

function isSurging({ spec }: DaemonSet): boolean {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  const { maxSurge = 0 } = rollingUpdate ?? {};
  return type !== "OnDelete" && maxSurge !== 0 && maxSurge !== "0%";
}

/**
 * One pod on each node that wants one, none elsewhere. Follows `podsShouldBeOnNode` of
 * `pkg/controller/daemon/daemon_controller.go`.
 */
export function decideDaemons(input: DaemonInput): DaemonDecision {
  const createOn: string[] = [];
  const deletes: Pod[] = [];
  const failed: Pod[] = [];
  const surging = isSurging(input.daemonSet);
  for (const node of input.nodes) {
    const { name } = node.metadata;
    const pods = input.pods.get(name) ?? [];
    const eligibility = input.eligibilityOf(node);
    if (eligibility === "run" && pods.length === 0) {
      createOn.push(name);
    } else if (eligibility === "none") {
      deletes.push(...pods.filter((pod) => !isGoing(pod)));
    } else if (pods.length > 0) {
      const present = pods.filter((pod) => !isGoing(pod));
      failed.push(...present.filter(({ status }) => status?.phase === "Failed"));
      deletes.push(...present.filter(hasEnded));
      const alive = present.filter((pod) => !hasEnded(pod));
      if (!surging) deletes.push(...alive.slice(1));
      else if (alive.length === 0 && eligibility === "run") createOn.push(name);
      else deletes.push(...surplusWhileSurging(alive, input));
    }
  }
  deletes.push(...withoutNode(input));
  return { createOn, deletes, failed };
}

function isGoing({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}

/** An old and a new pod may be beside each other only while the new one is not available yet. */
function surplusWhileSurging(alive: readonly Pod[], input: DaemonInput): readonly Pod[] {
  if (alive.length <= 1) return [];
  const newest = alive.find((pod) => isUpdated(pod, input.hash));
  const oldest = alive.find((pod) => !isUpdated(pod, input.hash));
  const others = alive.filter((pod) => pod !== newest && pod !== oldest);
  if (newest === undefined || oldest === undefined) return others;
  const { minReadySeconds = 0 } = input.daemonSet.spec;
  const isReplaced = !isPodReady(oldest) || isPodAvailable(newest, minReadySeconds, input.nowMs);
  return isReplaced ? [...others, oldest] : others;
}

/** Pods meant for nodes that are gone: never scheduled, they are nobody else's to delete. */
function withoutNode({ nodes, pods }: DaemonInput): readonly Pod[] {
  if (pods.size === 0) return [];
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  const lost: Pod[] = [];
  for (const [name, list] of pods) {
    if (names.has(name)) continue;
    lost.push(...list.filter((pod) => !pod.spec.nodeName && !isGoing(pod)));
  }
  return lost;
}
