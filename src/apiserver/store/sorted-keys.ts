/** A part of a list of keys. */
export interface KeyRange {
  readonly keys: readonly string[];
  readonly from: number;
  /** The first that is no longer within. */
  readonly to: number;
}

/**
 * Keys in order. What comes and goes is noted, and put in its place when somebody asks: between two
 * pages of a list only few do, and thousands of objects may be made before anybody lists them.
 */
export class SortedKeys {
  #keys: readonly string[] = [];
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();

  /** `key` is new. */
  added(key: string): void {
    if (!this.#removed.delete(key)) this.#added.add(key);
  }

  /** `key` was there. */
  removed(key: string): void {
    if (!this.#added.delete(key)) this.#removed.add(key);
  }

  /** All keys. The result is good until the next change. */
  sorted(): readonly string[] {
    if (this.#added.size > 0 || this.#removed.size > 0) {
      this.#keys = mergeKeys(this.#keys, [...this.#added], this.#removed);
      this.#added.clear();
      this.#removed.clear();
    }
    return this.#keys;
  }
}

/** The keys in order without those `removed`, and those `added`, of which none is among them. */
export function mergeKeys(
  keys: readonly string[],
  added: readonly string[],
  removed?: ReadonlySet<string>,
): readonly string[] {
  const others = added.toSorted(compareKeys);
  const merged: string[] = [];
  let next = 0;
  for (const key of keys) {
    if (removed?.has(key) === true) continue;
    for (let other = others[next]; other !== undefined && other < key; other = others[next]) {
      merged.push(other);
      next += 1;
    }
    merged.push(key);
  }
  for (let index = next; index < others.length; index += 1) merged.push(others[index] ?? "");
  return merged;
}

/** The order of lists: that of etcd's keys, code unit by code unit. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** All of them, or those of a namespace, which stand together. */
export function rangeOf(keys: readonly string[], namespace?: string): KeyRange {
  if (namespace === undefined) return { keys, from: 0, to: keys.length };
  // The digit 0 is what follows the slash.
  const from = indexAfter(keys, `${namespace}/`);
  return { keys, from, to: indexAfter(keys, `${namespace}0`) };
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
