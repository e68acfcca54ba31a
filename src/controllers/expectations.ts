import type { Clock } from "../base/clock.ts";

/** After this long what was expected is given up, as in client-go (`ExpectationsTimeout`). */
const expectationsTimeoutMs = 5 * 60_000;

/**
 * What a controller has asked for and not yet seen in its cache. While something is outstanding
 * the cache is stale, and counting in it would create or delete twice. Follows
 * `ControllerExpectations` of `pkg/controller/controller_utils.go`.
 */
export interface Expectations {
  /**
   * Announces creations, and the deletion of pods by UID, before they are sent. What was expected
   * before is forgotten.
   */
  expect(key: string, creations: number, deletions: readonly string[]): void;
  /** A creation was seen, or has failed. Returns whether it was the last thing outstanding. */
  creationObserved(key: string): boolean;
  /** A deletion was seen, or has failed. Returns whether it was the last thing outstanding. */
  deletionObserved(key: string, uid: string): boolean;
  satisfied(key: string): boolean;
  forget(key: string): void;
}

interface Outstanding {
  creations: number;
  readonly deletions: Set<string>;
  readonly expireAtMs: number;
}

/** One entry per object that waits for something: bounded by the objects there are. */
export function createExpectations(clock: Clock): Expectations {
  const outstanding = new Map<string, Outstanding>();
  const settle = (key: string, found: Outstanding): boolean => {
    if (found.creations > 0 || found.deletions.size > 0) return false;
    outstanding.delete(key);
    return true;
  };
  return {
    expect(key, creations, deletions) {
      const expireAtMs = clock.monotonicMs() + expectationsTimeoutMs;
      outstanding.set(key, { creations, deletions: new Set(deletions), expireAtMs });
    },
    creationObserved(key) {
      const found = outstanding.get(key);
      if (found === undefined) return false;
      found.creations = Math.max(0, found.creations - 1);
      return settle(key, found);
    },
    deletionObserved(key, uid) {
      const found = outstanding.get(key);
      if (found === undefined) return false;
      found.deletions.delete(uid);
      return settle(key, found);
    },
    satisfied(key) {
      const found = outstanding.get(key);
      return found === undefined || clock.monotonicMs() >= found.expireAtMs;
    },
    forget(key) {
      outstanding.delete(key);
    },
  };
}
