import type { Clock } from "../../base/clock.ts";
import type { EndpointSlice } from "../../k8s/types/discovery.ts";

/** After this long what was written and not seen is given up: the watch has missed it. */
export const unseenMaxMs = 300_000;

/**
 * What was written of slices and may not have come back through the watch yet. While it has not, the
 * cache is behind, and planning from it would write twice. Follows
 * `staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go`. Services go by their key.
 */
export interface WrittenSlices {
  /** A create or update was answered with this. */
  written(service: string, slice: EndpointSlice): void;
  removed(service: string, slice: EndpointSlice): void;
  /** Whether these slices of the cache are older than what was written, and that may yet be seen. */
  isBehind(service: string, slices: readonly EndpointSlice[]): boolean;
  /** A slice was seen. Returns whether it says anything new, or was waited for. */
  seen(service: string, slice: EndpointSlice): boolean;
  /** A removal was seen. Returns whether it comes as a surprise, or was waited for. */
  removalSeen(service: string, slice: EndpointSlice): boolean;
  forget(service: string): void;
}

interface Written {
  /** By UID: the generation of a slice that is there, or that it was removed. */
  readonly states: Map<string, number | "removed">;
  /** Since when somebody waits for the cache. */
  behindSinceMs: number | undefined;
}

/** One entry a slice: bounded by the slices there are. */
export function createWrittenSlices(clock: Clock): WrittenSlices {
  const services = new Map<string, Written>();
  const note = (service: string, uid: string, state: number | "removed"): void => {
    const known = services.get(service) ?? { states: new Map(), behindSinceMs: undefined };
    known.states.set(uid, state);
    services.set(service, known);
  };
  return {
    written: (service, { metadata }) => note(service, metadata.uid, metadata.generation ?? 0),
    removed: (service, { metadata }) => note(service, metadata.uid, "removed"),
    isBehind(service, slices) {
      const known = services.get(service);
      if (known === undefined) return false;
      if (!lacksSome(known.states, slices)) {
        known.behindSinceMs = undefined;
        return false;
      }
      const nowMs = clock.monotonicMs();
      known.behindSinceMs ??= nowMs;
      if (nowMs - known.behindSinceMs < unseenMaxMs) return true;
      services.delete(service);
      return false;
    },
    seen(service, { metadata }) {
      const known = services.get(service);
      const state = known?.states.get(metadata.uid);
      if (known === undefined || state === undefined || state === "removed") return true;
      return known.behindSinceMs !== undefined || state < (metadata.generation ?? 0);
    },
    removalSeen(service, { metadata }) {
      const known = services.get(service);
      const wasExpected = known?.states.get(metadata.uid) === "removed";
      known?.states.delete(metadata.uid);
      return !wasExpected || known?.behindSinceMs !== undefined;
    },
    forget: (service) => services.delete(service),
  };
}

function lacksSome(states: Written["states"], slices: readonly EndpointSlice[]): boolean {
  const present = new Set<string>();
  for (const { metadata } of slices) {
    present.add(metadata.uid);
    const state = states.get(metadata.uid);
    if (state === "removed") return true;
    if (state !== undefined && state > (metadata.generation ?? 0)) return true;
  }
  for (const [uid, state] of states) {
    if (state !== "removed" && !present.has(uid)) return true;
  }
  return false;
}
