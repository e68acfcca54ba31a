import { assert } from "../base/assert.ts";
import type { Indexer } from "./informer-types.ts";

export type IndexFunctions<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

/** An indexer that its informer fills. */
export interface WritableIndexer<T> extends Indexer<T> {
  keys(): IterableIterator<string>;
  set(key: string, object: T): void;
  delete(key: string): void;
}

/** Objects by key, and by what each index function says of them. */
export function createIndexer<T>(functions: IndexFunctions<T> = {}): WritableIndexer<T> {
  const objects = new Map<string, T>();
  const indexes = Object.entries(functions).map(([name, valuesOf]) => ({
    name,
    valuesOf,
    /** By value: the keys of the objects under it. Values without objects are dropped. */
    keys: new Map<string, Set<string>>(),
  }));

  function reindex(key: string, previous: T | undefined, next: T | undefined): void {
    for (const { valuesOf, keys } of indexes) {
      const before = previous === undefined ? none : valuesOf(previous);
      const after = next === undefined ? none : valuesOf(next);
      // Most changes of an object leave its place in the indexes alone.
      if (isSame(before, after)) continue;
      for (const value of before) {
        const under = keys.get(value);
        under?.delete(key);
        if (under?.size === 0) keys.delete(value);
      }
      for (const value of after) {
        const under = keys.get(value);
        if (under === undefined) keys.set(value, new Set([key]));
        else under.add(key);
      }
    }
  }

  return {
    get: (key) => objects.get(key),
    values: () => objects.values(),
    keys: () => objects.keys(),
    get size() {
      return objects.size;
    },
    byIndex(name, value) {
      const found = indexes.find((index) => index.name === name);
      assert(found !== undefined, `there is no index "${name}"`);
      const result: T[] = [];
      for (const key of found.keys.get(value) ?? []) {
        const object = objects.get(key);
        if (object !== undefined) result.push(object);
      }
      return result;
    },
    set(key, object) {
      reindex(key, objects.get(key), object);
      objects.set(key, object);
    },
    delete(key) {
      const previous = objects.get(key);
      if (previous === undefined) return;
      reindex(key, previous, undefined);
      objects.delete(key);
    },
  };
}

const none: readonly string[] = [];

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
