/** Keys in order, put in order when somebody asks. */
export class SortedKeys {
  #keys: string[] = [];
  #stale = false;

  /** `key` is new. Keys that come in order, as numbered names do, keep the order for free. */
  added(key: string): void {
    if (this.#stale) return;
    const last = this.#keys.at(-1);
    if (last !== undefined && last > key) this.#forget();
    else this.#keys.push(key);
  }

  removed(key: string): void {
    if (this.#stale) return;
    if (this.#keys.at(-1) === key) this.#keys.pop();
    else this.#forget();
  }

  /** `current` are all keys there are. The result is good until the next change. */
  sorted(current: Iterable<string>): readonly string[] {
    if (this.#stale) {
      this.#keys = [...current].sort(compareKeys);
      this.#stale = false;
    }
    return this.#keys;
  }

  #forget(): void {
    this.#stale = true;
    this.#keys = [];
  }
}

/** The order of lists: that of etcd's keys, code unit by code unit. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The index of the first key after `key`, or 0 without one. */
export function indexAfter(keys: readonly string[], key: string | undefined): number {
  if (key === undefined) return 0;
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
