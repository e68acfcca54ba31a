import type { PodInfo } from "./pod-info.ts";

/** A question about pods that has the same answer as every other of the same key. */
export interface PodMatcher {
  readonly key: string;
  /** Matches only pods that have this among their scopes. */
  readonly scope: string;
  matches(pod: PodInfo): boolean;
}

/** The scope of every pod. */
export const everywhere = "";

export function namespaceScope(namespace: string): string {
  return `namespace ${namespace}`;
}

/** The replicas of the controller with that uid. */
export function replicasScope(uid: string): string {
  return `replicas ${uid}`;
}

export function scopesOf({ namespace, replicasOf }: PodInfo): readonly string[] {
  const scopes = [everywhere, namespaceScope(namespace)];
  return replicasOf === undefined ? scopes : [...scopes, replicasScope(replicasOf)];
}

/** A pod that has a place. */
export interface PlacedPod {
  readonly info: PodInfo;
  /** Undefined as long as the node is not known. */
  readonly row: number | undefined;
}

interface Tracked {
  readonly matcher: PodMatcher;
  counts: Int32Array;
}

/** More questions than this are counted out anew when they come up again. */
const trackedMax = 256;

/**
 * How many pods of a kind each node has. A question is counted out once, among the pods of its
 * scope, and kept up to date from then on: the replicas of one controller cost one count and not
 * one count each, and those of a thousand controllers cost no look at the others' pods.
 */
export class PodCounts {
  /** The one that was asked for last stands last. */
  readonly #tracked = new Map<string, Tracked>();
  readonly #trackedByScope = new Map<string, Set<Tracked>>();
  readonly #placed: (scope: string) => Iterable<PlacedPod>;

  constructor(placed: (scope: string) => Iterable<PlacedPod>) {
    this.#placed = placed;
  }

  /** The matching pods by row, `capacity` rows. Changes with the pods: do not keep it. */
  of(matcher: PodMatcher, capacity: number): Int32Array {
    const known = this.#tracked.get(matcher.key);
    if (known !== undefined && known.counts.length >= capacity) {
      this.#tracked.delete(matcher.key);
      this.#tracked.set(matcher.key, known);
      return known.counts;
    }
    if (known !== undefined) this.#forget(known);
    const tracked = { matcher, counts: this.#countOut(matcher, capacity) };
    this.#track(tracked);
    return tracked.counts;
  }

  /** Tells of a pod that has come to a row, or left it. */
  addPod(row: number, pod: PodInfo, sign: 1 | -1): void {
    for (const scope of scopesOf(pod)) {
      for (const { matcher, counts } of this.#trackedByScope.get(scope) ?? []) {
        // A row beyond the counts: the table has grown, and they will be counted out anew.
        if (row < counts.length && matcher.matches(pod)) counts[row] = (counts[row] ?? 0) + sign;
      }
    }
  }

  /** Forgets all answers: what they rest on has changed. */
  clear(): void {
    this.#tracked.clear();
    this.#trackedByScope.clear();
  }

  #countOut(matcher: PodMatcher, capacity: number): Int32Array {
    const counts = new Int32Array(capacity);
    for (const { info, row } of this.#placed(matcher.scope)) {
      if (row !== undefined && matcher.matches(info)) counts[row] = (counts[row] ?? 0) + 1;
    }
    return counts;
  }

  #track(tracked: Tracked): void {
    const { key, scope } = tracked.matcher;
    this.#tracked.set(key, tracked);
    const ofScope = this.#trackedByScope.get(scope);
    if (ofScope === undefined) this.#trackedByScope.set(scope, new Set([tracked]));
    else ofScope.add(tracked);
    if (this.#tracked.size <= trackedMax) return;
    const [oldest] = this.#tracked.values();
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forget(tracked: Tracked): void {
    const { key, scope } = tracked.matcher;
    this.#tracked.delete(key);
    const ofScope = this.#trackedByScope.get(scope);
    ofScope?.delete(tracked);
    if (ofScope?.size === 0) this.#trackedByScope.delete(scope);
  }
}
