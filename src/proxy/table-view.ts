import type { ReflectorStore } from "../client/index.ts";
import { objectKey } from "../k8s/object-key.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import { isRowOf, type Row, type Version, type VersionedTable } from "./versioned-table.ts";

/** What one reader has seen of a collection that it shares with others. */
export class TableView<T extends KubeObject, V, I> implements ReflectorStore<T> {
  version: Version<V, I>;
  /** Whether the first list is in. */
  hasSynced = false;
  readonly #table: VersionedTable<T, V, I>;
  readonly #changed: (object: T | undefined) => void;
  /** While a list is running, what it has brought. */
  #listed: Map<string, Row<V>> | undefined;

  /**
   * `changed` is called after each change, with the object unless it was deleted; of a list first
   * with each object that is new, while `isListing`, then once without, when it has ended.
   */
  constructor(table: VersionedTable<T, V, I>, changed: (object: T | undefined) => void) {
    this.#table = table;
    this.#changed = changed;
    this.version = table.empty;
  }

  get isListing(): boolean {
    return this.#listed !== undefined;
  }

  beginList(): void {
    this.#listed = new Map();
  }

  endList(): void {
    if (this.#listed === undefined) return;
    this.version = this.#table.versionOf(this.#listed);
    this.#listed = undefined;
    this.hasSynced = true;
    this.#changed(undefined);
  }

  apply(object: T): void {
    if (this.#listed !== undefined) {
      const row = this.#table.rowFor(object);
      this.#listed.set(row.key, row);
      if (!isRowOf(this.version.rows.get(row.key), object)) this.#changed(object);
      return;
    }
    const version = this.#table.apply(this.version, object);
    if (version === this.version) return;
    this.version = version;
    this.#changed(object);
  }

  remove(object: T): void {
    if (this.#listed !== undefined) {
      this.#listed.delete(objectKey(object.metadata));
      return;
    }
    const version = this.#table.remove(this.version, object);
    if (version === this.version) return;
    this.version = version;
    this.#changed(undefined);
  }
}
