import type { Node } from "../../k8s/types/core.ts";
import type { NodeLifecycleOptions } from "../controller-options.ts";

/** How healthy a zone is: that decides how fast its nodes are evicted. */
export type ZoneState = "initial" | "normal" | "partialDisruption" | "fullDisruption";

export interface ZoneCount {
  ready: number;
  notReady: number;
}

/** Region and zone of a node (`GetZoneKey` of component-helpers); empty without both labels. */
export function zoneOf({ metadata }: Node): string {
  const region = metadata.labels?.["topology.kubernetes.io/region"] ?? "";
  const zone = metadata.labels?.["topology.kubernetes.io/zone"] ?? "";
  return region === "" && zone === "" ? "" : `${region}:\u0000:${zone}`;
}

/** `ComputeZoneState` of `pkg/controller/nodelifecycle/node_lifecycle_controller.go`. */
export function zoneState({ ready, notReady }: ZoneCount, unhealthyThreshold: number): ZoneState {
  if (ready === 0 && notReady > 0) return "fullDisruption";
  if (notReady > 2 && notReady / (ready + notReady) >= unhealthyThreshold) {
    return "partialDisruption";
  }
  return "normal";
}

/** Nodes a second that may be evicted in a zone of that state and size. */
export function evictionRate(
  state: ZoneState,
  size: number,
  options: Required<NodeLifecycleOptions>,
): number {
  if (state !== "partialDisruption") return options.evictionsPerSecond;
  return size > options.largeClusterSizeThreshold ? options.secondaryEvictionsPerSecond : 0;
}

/** The nodes of one zone that wait for their NoExecute taint, at so many a second. */
export interface EvictionQueue {
  add(node: string): void;
  remove(node: string): void;
  setRate(perSecond: number, nowMs: number): void;
  /** The next node, if the rate allows one by now. It stays until `take` or `remove`. */
  nextDue(nowMs: number): string | undefined;
  /** Takes a node out that is evicted now: the next one waits as the rate says. */
  take(node: string, nowMs: number): void;
  /** When the next node may be taken; undefined when there is none, or none may. */
  nextDueMs(): number | undefined;
}

/** Bounded by the nodes of the zone. */
export function createEvictionQueue(ratePerSecond: number): EvictionQueue {
  const waiting = new Set<string>();
  let rate = ratePerSecond;
  let dueMs = 0;
  return {
    add: (node) => void waiting.add(node),
    remove: (node) => void waiting.delete(node),
    setRate(perSecond, nowMs) {
      rate = perSecond;
      if (rate > 0) dueMs = Math.min(dueMs, nowMs + 1_000 / rate);
    },
    nextDue(nowMs) {
      if (rate === 0 || nowMs < dueMs) return undefined;
      const [node] = waiting;
      return node;
    },
    take(node, nowMs) {
      waiting.delete(node);
      if (rate > 0) dueMs = nowMs + 1_000 / rate;
    },
    nextDueMs: () => (rate === 0 || waiting.size === 0 ? undefined : dueMs),
  };
}
