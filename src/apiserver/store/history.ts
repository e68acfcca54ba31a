import type { Change } from "./change.ts";

/** As in the real watch cache: `apiserver/pkg/storage/cacher/watch_cache.go` and `cacher.go`. */
const keptAlways = 100;
const keptAtMost = 102_400;
const keptForMs = 75_000;

/**
 * The latest changes of one type, in order. It keeps at least 100 of them, and those younger than
 * 75 s up to 102,400.
 */
export class History {
  #changes: (Change | undefined)[] = [];
  #head = 0;
  #compacted = 0;

  /** The revision of the latest change that is no longer kept: what came after it is all here. */
  get compacted(): number {
    return this.#compacted;
  }

  get size(): number {
    return this.#changes.length - this.#head;
  }

  append(change: Change): void {
    this.#changes.push(change);
    const oldestMs = change.atMs - keptForMs;
    while (this.size > keptAtMost || (this.size > keptAlways && this.#headIsOlder(oldestMs))) {
      this.#dropHead();
    }
  }

  /** The changes after `revision`, in order. The caller has checked that they are all kept. */
  *after(revision: number): Generator<Change> {
    for (let index = this.#firstAfter(revision); index < this.#changes.length; index += 1) {
      const change = this.#changes[index];
      if (change !== undefined) yield change;
    }
  }

  #headIsOlder(timeMs: number): boolean {
    const head = this.#changes[this.#head];
    return head !== undefined && head.atMs < timeMs;
  }

  #dropHead(): void {
    this.#compacted = this.#changes[this.#head]?.revision ?? this.#compacted;
    this.#changes[this.#head] = undefined;
    this.#head += 1;
    // Moved down only when half of the array is free: each change is moved once on average.
    if (this.#head * 2 < this.#changes.length) return;
    this.#changes = this.#changes.slice(this.#head);
    this.#head = 0;
  }

  /** By halving: revisions only grow. */
  #firstAfter(revision: number): number {
    let low = this.#head;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const change = this.#changes[middle];
      if (change !== undefined && change.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
