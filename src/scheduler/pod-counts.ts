import type { PodInfo } from "./pod-info.ts";

/** A question about pods that has the same answer as every other of the same key. */
export interface PodMatcher {
  readonly key: string;
  matches(pod: PodInfo): boolean;
}

/** Pods that have a place. */
export interface PlacedPod {
  readonly info: PodInfo;
  /** Undefined as long as the node is not known. */
  readonly row: number | undefined;
}

interface Tracked {
  readonly matcher: PodMatcher;
  counts: Int32Array;
}

/** More questions than this are asked anew when they come up again. */
const trackedMax = 256;

/**
 * How many pods of a kind each node has. A question is counted out once, and kept up to date from
 * then on, so that the replicas of one controller cost one count and not one count each.
 */
export class PodCounts {
  /** The one that was asked for last stands last. */
  readonly #tracked = new Map<string, Tracked>();
  readonly #placed: () => Iterable<PlacedPod>;

  constructor(placed: () => Iterable<PlacedPod>) {
    this.#placed = placed;
  }

  /** The matching pods by row, `capacity` rows. Changes with the pods: do not keep it. */
  of(matcher: PodMatcher, capacity: number): Int32Array {
    const known = this.#tracked.get(matcher.key);
    this.#tracked.delete(matcher.key);
    const tracked = known ?? { matcher, counts: this.#countOut(matcher, capacity) };
    if (tracked.counts.length < capacity) {
      const counts = new Int32Array(capacity);
      counts.set(tracked.counts);
      tracked.counts = counts;
    }
    this.#tracked.set(matcher.key, tracked);
    if (this.#tracked.size > trackedMax) {
      const [oldest] = this.#tracked.keys();
      if (oldest !== undefined) this.#tracked.delete(oldest);
    }
    return tracked.counts;
  }

  /** Tells of a pod that has come to a row, or left it. */
  addPod(row: number, pod: PodInfo, sign: 1 | -1): void {
    for (const tracked of this.#tracked.values()) {
      if (!tracked.matcher.matches(pod)) continue;
      if (row >= tracked.counts.length) {
        // The table has grown since: what is there now will be counted out again.
        this.#tracked.delete(tracked.matcher.key);
      } else {
        tracked.counts[row] = (tracked.counts[row] ?? 0) + sign;
      }
    }
  }

  /** Forgets all answers: what they rest on has changed. */
  clear(): void {
    this.#tracked.clear();
  }

  #countOut(matcher: PodMatcher, capacity: number): Int32Array {
    const counts = new Int32Array(capacity);
    for (const { info, row } of this.#placed()) {
      if (row !== undefined && matcher.matches(info)) counts[row] = (counts[row] ?? 0) + 1;
    }
    return counts;
  }
}
