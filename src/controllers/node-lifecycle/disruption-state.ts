import type { NodeLifecycleOptions } from "../controller-options.ts";
import {
  createEvictionQueue,
  type EvictionQueue,
  evictionRate,
  type ZoneCount,
  type ZoneState,
  zoneState,
} from "./zones.ts";

/** What follows from the health of all zones together. */
export type DisruptionChange =
  | "none"
  /** Not a single node is ready: it is more likely the controller that is cut off. No evictions. */
  | "all zones lost"
  /** The first node is back: every node gets its grace period anew. */
  | "recovered";

/** The zones, with their state and the nodes that wait in them. Bounded by the zones there are. */
export interface DisruptionState {
  queueOf(zone: string): EvictionQueue;
  queues(): Iterable<EvictionQueue>;
  /** Takes over the count of a pass over all nodes, and sets the rates. */
  update(counts: ReadonlyMap<string, ZoneCount>, nowMs: number): DisruptionChange;
}

/** Follows `handleDisruption` of `pkg/controller/nodelifecycle/node_lifecycle_controller.go`. */
export function createDisruptionState(options: Required<NodeLifecycleOptions>): DisruptionState {
  const states = new Map<string, ZoneState>();
  const queues = new Map<string, EvictionQueue>();

  const queueOf = (zone: string): EvictionQueue => {
    const known = queues.get(zone);
    if (known !== undefined) return known;
    const queue = createEvictionQueue(options.evictionsPerSecond);
    queues.set(zone, queue);
    states.set(zone, "initial");
    return queue;
  };
  const isLost = (list: Iterable<ZoneState>): boolean =>
    [...list].every((state) => state === "fullDisruption");

  return {
    queueOf,
    queues: () => queues.values(),
    update(counts, nowMs) {
      const next = new Map<string, ZoneState>();
      for (const [zone, count] of counts) {
        queueOf(zone);
        next.set(zone, zoneState(count, options.unhealthyZoneThreshold));
      }
      for (const zone of states.keys()) {
        if (next.has(zone)) continue;
        states.delete(zone);
        queues.delete(zone);
      }
      const wasLost = isLost(states.values());
      const lost = isLost(next.values());
      if (lost && wasLost) return "none";
      for (const [zone, state] of next) {
        if (lost) queueOf(zone).setRate(0, nowMs);
        else if (wasLost || states.get(zone) !== state) {
          const { ready = 0, notReady = 0 } = counts.get(zone) ?? {};
          queueOf(zone).setRate(evictionRate(state, ready + notReady, options), nowMs);
        }
        states.set(zone, state);
      }
      if (lost) return "all zones lost";
      return wasLost ? "recovered" : "none";
    },
  };
}
