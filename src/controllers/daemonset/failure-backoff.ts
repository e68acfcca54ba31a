import type { Clock } from "../../base/clock.ts";

const initialMs = 1_000;
const maxMs = 15 * 60_000;
/** After this long without a failure the first delay counts again, and the entry is dropped. */
const forgetMs = 2 * maxMs;

/** How fast pods that fail on a node may be replaced (`failedPodsBackoff` of the daemon controller). */
export interface FailureBackoff {
  /** Zero when the pod may be replaced now, which counts as a replacement; else how long to wait. */
  delayMs(key: string): number;
}

/** Bounded by the nodes on which daemon pods have failed within the last half hour. */
export function createFailureBackoff(clock: Clock): FailureBackoff {
  const entries = new Map<string, { readonly delayMs: number; readonly sinceMs: number }>();
  return {
    delayMs(key) {
      const nowMs = clock.monotonicMs();
      for (const [other, { sinceMs }] of entries) {
        // The oldest are first, for an entry that is renewed goes to the end.
        if (nowMs - sinceMs < forgetMs) break;
        entries.delete(other);
      }
      const known = entries.get(key);
      if (known !== undefined && nowMs - known.sinceMs < known.delayMs) {
        return known.delayMs - (nowMs - known.sinceMs);
      }
      const delayMs = known === undefined ? initialMs : Math.min(known.delayMs * 2, maxMs);
      entries.delete(key);
      entries.set(key, { delayMs, sinceMs: nowMs });
      return 0;
    },
  };
}
