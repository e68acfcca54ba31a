import type { Clock } from "../../base/clock.ts";
import { objectKey } from "../../k8s/object-key.ts";
import type { WatchSink } from "../../k8s/transport.ts";
import { Change } from "./change.ts";
import { Expiry } from "./expiry.ts";
import { History } from "./history.ts";
import { matcherOf, type ObjectMatcher, type Selection } from "./selection.ts";
import { SetIndex } from "./set-index.ts";
import {
  compareKeys,
  indexAfter,
  type KeyRange,
  mergeKeys,
  rangeOf,
  SortedKeys,
} from "./sorted-keys.ts";
import { atRevision, type StoredObject } from "./stored-object.ts";
import { type Watcher, Watchers } from "./watchers.ts";

export interface CollectionOptions {
  /**
   * The field by which objects are found without looking at all of them, such as the node of a
   * pod. Of a list and of a watch it is `Selection.indexed`.
   */
  readonly indexedField?: (object: StoredObject) => string;
  /** Milliseconds after its last write that an object is removed. Default: never. */
  readonly timeToLiveMs?: number;
}

export type PutResult =
  | { readonly kind: "stored"; readonly object: StoredObject }
  /** The key holds another revision, or none: `current` is what it holds. */
  | { readonly kind: "conflict"; readonly current: StoredObject | undefined };

export interface PageRequest {
  readonly selection: Selection;
  /** The most objects wanted. Default: all. */
  readonly limit?: number;
  /** Only keys after this one. */
  readonly after?: string;
  /** The state as of this revision, which must be within `compacted` and the store's. Default: now. */
  readonly revision?: number;
}

export interface Page {
  readonly objects: readonly StoredObject[];
  /** The key to go on after; undefined when there is no more. */
  readonly next: string | undefined;
  /** How many keys come after this page, whether they are selected or not. */
  readonly remaining: number;
}

/** The objects of one type. All of it is synchronous, so whoever reads and then writes in one go is never disturbed. */
export interface Collection {
  readonly size: number;
  /** Changes up to this revision can no longer be watched or undone. */
  readonly compacted: number;
  get(key: string): StoredObject | undefined;
  /**
   * Stores `object`, whose resource version is ignored, if the key holds the resource version
   * `expected`; undefined expects that it holds nothing.
   */
  put(object: StoredObject, expected: string | undefined): PutResult;
  /** Removes, on the same terms. `last` is the final state that watches see; default: what is held. */
  remove(key: string, expected: string, last?: StoredObject): PutResult;
  /** In no order. */
  values(): Iterable<StoredObject>;
  /** In the order of the keys. */
  page(request: PageRequest): Page;
  /** Follows the changes after `revision`, which must not be below `compacted`. Default: from now on. */
  watch(selection: Selection, sink: WatchSink, revision?: number): Watcher;
  /** Ends all watches, and the expiry of objects. */
  close(): void;
}

/** What the collections of one store share. */
export interface Revisions {
  next(): number;
  readonly clock: Clock;
}

export function createCollection(options: CollectionOptions, revisions: Revisions): Collection {
  return new MemoryCollection(options, revisions);
}

class MemoryCollection implements Collection {
  readonly #revisions: Revisions;
  readonly #indexedField: ((object: StoredObject) => string) | undefined;
  readonly #objects = new Map<string, StoredObject>();
  readonly #keys = new SortedKeys();
  readonly #byIndexed = new SetIndex<string>();
  readonly #history = new History();
  readonly #watchers: Watchers;
  readonly #expiry: Expiry | undefined;

  constructor({ indexedField, timeToLiveMs }: CollectionOptions, revisions: Revisions) {
    this.#revisions = revisions;
    this.#indexedField = indexedField;
    this.#watchers = new Watchers({ indexedField });
    if (timeToLiveMs === undefined) return;
    this.#expiry = new Expiry(timeToLiveMs, revisions.clock, (key, resourceVersion) => {
      this.remove(key, resourceVersion);
    });
  }

  get size(): number {
    return this.#objects.size;
  }

  get compacted(): number {
    return this.#history.compacted;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  put(object: StoredObject, expected: string | undefined): PutResult {
    const key = objectKey(object.metadata);
    const current = this.#objects.get(key);
    if (current?.metadata.resourceVersion !== expected) return { kind: "conflict", current };
    const revision = this.#revisions.next();
    const stored = atRevision(object, revision);
    if (current === undefined) this.#keys.added(key);
    this.#objects.set(key, stored);
    this.#reindex(key, current, stored);
    this.#publish(revision, key, current, stored, undefined);
    this.#expiry?.written(key, stored.metadata.resourceVersion);
    return { kind: "stored", object: stored };
  }

  remove(key: string, expected: string, last?: StoredObject): PutResult {
    const current = this.#objects.get(key);
    if (current?.metadata.resourceVersion !== expected) return { kind: "conflict", current };
    const revision = this.#revisions.next();
    const final = atRevision(last ?? current, revision);
    this.#keys.removed(key);
    this.#objects.delete(key);
    this.#reindex(key, current, undefined);
    this.#publish(revision, key, current, undefined, final);
    return { kind: "stored", object: final };
  }

  values(): Iterable<StoredObject> {
    return this.#objects.values();
  }

  page({ selection, limit = Number.POSITIVE_INFINITY, after, revision }: PageRequest): Page {
    const overlay = revision === undefined ? undefined : this.#stateBefore(revision);
    const { keys, from, to } = this.#candidates(selection, overlay);
    const matches = matcherOf(selection, this.#indexedField);
    const objects: StoredObject[] = [];
    let lastKey: string | undefined;
    for (let index = Math.max(from, indexAfter(keys, after)); index < to; index += 1) {
      const key = keys[index] ?? "";
      const object = overlay?.has(key) ? overlay.get(key) : this.#objects.get(key);
      if (object === undefined || !matches(object)) continue;
      if (objects.length === limit) {
        return { objects, next: lastKey, remaining: to - index };
      }
      objects.push(object);
      lastKey = key;
    }
    return { objects, next: undefined, remaining: 0 };
  }

  watch(selection: Selection, sink: WatchSink, revision?: number): Watcher {
    const matches = matcherOf(selection, this.#indexedField);
    const watcher = this.#watchers.add(selection, matches, sink);
    if (revision !== undefined) this.#replay(matches, sink, revision);
    return watcher;
  }

  close(): void {
    this.#watchers.close();
    this.#expiry?.close();
  }

  #replay(matches: ObjectMatcher, sink: WatchSink, revision: number): void {
    const events = [];
    for (const change of this.#history.after(revision)) {
      const event = change.eventFor(matches);
      if (event !== undefined) events.push(event);
    }
    if (events.length > 0) sink.events(events);
  }

  /** The keys that may be selected, in order: those of the narrowest index, or all of them. */
  #candidates(
    { namespace, name, indexed }: Selection,
    overlay: ReadonlyMap<string, unknown> | undefined,
  ): KeyRange {
    if (overlay !== undefined && overlay.size > 0) {
      const gone = [...overlay.keys()].filter((key) => !this.#objects.has(key));
      return rangeOf(mergeKeys(this.#keys.sorted(), gone), namespace);
    }
    if (name !== undefined) {
      const key = objectKey({ namespace, name });
      if (this.#objects.has(key)) return rangeOf([key]);
      // Of one type either all objects have a namespace or none.
      const [first = ""] = this.#objects.keys();
      if (namespace !== undefined || !first.includes("/")) return rangeOf([]);
    }
    if (indexed !== undefined) {
      return rangeOf([...(this.#byIndexed.get(indexed) ?? [])].sort(compareKeys));
    }
    return rangeOf(this.#keys.sorted(), namespace);
  }

  /** For each key that has changed since `revision`: what it held then. */
  #stateBefore(revision: number): ReadonlyMap<string, StoredObject | undefined> {
    const state = new Map<string, StoredObject | undefined>();
    for (const change of this.#history.after(revision)) {
      if (!state.has(change.key)) state.set(change.key, change.previous);
    }
    return state;
  }

  #reindex(key: string, before: StoredObject | undefined, after: StoredObject | undefined): void {
    if (this.#indexedField === undefined) return;
    const left = before === undefined ? undefined : this.#indexedField(before);
    const entered = after === undefined ? undefined : this.#indexedField(after);
    if (left === entered) return;
    if (left !== undefined) this.#byIndexed.delete(left, key);
    if (entered !== undefined) this.#byIndexed.add(entered, key);
  }

  #publish(
    revision: number,
    key: string,
    previous: StoredObject | undefined,
    next: StoredObject | undefined,
    last: StoredObject | undefined,
  ): void {
    const at = { revision, key, atMs: this.#revisions.clock.monotonicMs() };
    const change = new Change(at, previous, next, last);
    this.#history.append(change);
    this.#watchers.publish(change);
  }
}
