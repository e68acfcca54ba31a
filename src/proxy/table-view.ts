import type { ReflectorStore } from "../client/index.ts";
import { objectKey } from "../k8s/object-key.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import { isRowOf, type Row, type Version, type VersionedTable } from "./versioned-table.ts";

/** How many changes wait to be looked at; with one more there is a version of them. */
const changesMax = 1_000;

/** What one reader has seen of a collection that it shares with others. */
export class TableView<T extends KubeObject, V, I> implements ReflectorStore<T> {
  /** Whether the first list is in. */
  hasSynced = false;
  readonly #table: VersionedTable<T, V, I>;
  readonly #changed: (object: T | undefined) => void;
  #version: Version<V, I>;
  /** What has been seen since, by key; undefined for what is gone. */
  #changes: Map<string, T | undefined> | undefined;
  /** While a list is running, what it has brought. */
  #listed: Map<string, Row<V>> | undefined;

  /**
   * `changed` is called after each change, with the object unless it was deleted; of a list first
   * with each object that is new, while `isListing`, then once without, when it has ended.
   */
  constructor(table: VersionedTable<T, V, I>, changed: (object: T | undefined) => void) {
    this.#table = table;
    this.#changed = changed;
    this.#version = table.empty;
  }

  get isListing(): boolean {
    return this.#listed !== undefined;
  }

  /**
   * The version of all that has been seen, without what a running list has brought. The less often
   * it is asked for, the fewer versions there are.
   */
  current(): Version<V, I> {
    if (this.#changes !== undefined) {
      this.#version = this.#table.after(this.#version, this.#changes);
      this.#changes = undefined;
    }
    return this.#version;
  }

  beginList(): void {
    this.#listed = new Map();
  }

  endList(): void {
    if (this.#listed === undefined) return;
    this.#version = this.#table.versionOf(this.#listed);
    this.#changes = undefined;
    this.#listed = undefined;
    this.hasSynced = true;
    this.#changed(undefined);
  }

  apply(object: T): void {
    const key = objectKey(object.metadata);
    const isKnown = isRowOf(this.#version.rows.get(key), object) && !this.#changes?.has(key);
    if (this.#listed !== undefined) this.#listed.set(key, this.#table.rowFor(object));
    else if (isKnown) return;
    else this.#note(key, object);
    if (!isKnown) this.#changed(object);
  }

  remove(object: T): void {
    const key = objectKey(object.metadata);
    if (this.#listed !== undefined) {
      this.#listed.delete(key);
      return;
    }
    this.#note(key, undefined);
    this.#changed(undefined);
  }

  #note(key: string, object: T | undefined): void {
    this.#changes ??= new Map();
    this.#changes.set(key, object);
    if (this.#changes.size >= changesMax) this.current();
  }
}
