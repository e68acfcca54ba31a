import { objectKey } from "../k8s/object-key.ts";
import type { KubeObject, ObjectMeta } from "../k8s/types/meta.ts";
import { type Keyed, PersistentMap } from "./persistent-map.ts";

/** What is kept of an object. */
export interface Row<V> extends Keyed {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly fingerprint: number;
  readonly value: V;
}

/** What a collection was at one moment, and an index over it. Versions never change. */
export interface Version<V, I> {
  readonly rows: PersistentMap<Row<V>>;
  readonly index: I;
  /** The sum of those of its rows. */
  readonly fingerprint: number;
}

/** What is kept of the objects of a collection, and by what else than their keys they are found. */
export interface TableDesign<T extends KubeObject, V, I> {
  valueOf(object: T): V;
  readonly emptyIndex: I;
  /** The index once `value` stands in the place of `previous`; undefined for none. */
  reindex(index: I, key: string, previous: V | undefined, value: V | undefined): I;
}

/**
 * How many versions are known at a time. Who is further behind than that makes its own, until it
 * has come to one that is known.
 */
const versionsMax = 256;

/** Fingerprints are added up modulo this, so that all sums on the way are exact. */
const modulus = 2 ** 51;

/**
 * The versions of one collection, as many readers see it. Each reader holds one version and walks
 * from one to the next; readers that have seen the same hold the very same object, in whatever
 * order they have seen it. What a version holds is made by the first that comes to it.
 */
export class VersionedTable<T extends KubeObject, V, I> {
  readonly empty: Version<V, I>;
  readonly #design: TableDesign<T, V, I>;
  /** By fingerprint, the oldest first. */
  readonly #recent = new Map<number, Version<V, I>>();
  #newest: Version<V, I>;

  constructor(design: TableDesign<T, V, I>) {
    this.#design = design;
    this.empty = { rows: PersistentMap.empty(), index: design.emptyIndex, fingerprint: 0 };
    this.#newest = this.empty;
    this.#recent.set(0, this.empty);
  }

  /** What comes after `version` with these changes: objects by key, undefined for what is gone. */
  after(version: Version<V, I>, changes: ReadonlyMap<string, T | undefined>): Version<V, I> {
    let sum = version.fingerprint;
    let size = version.rows.size;
    for (const [key, object] of changes) {
      const row = version.rows.get(key);
      if (row !== undefined) {
        sum = add(sum, -row.fingerprint);
        size -= 1;
      }
      if (object !== undefined) {
        sum = add(sum, fingerprintOf(object.metadata));
        size += 1;
      }
    }
    const known = this.#recent.get(sum);
    // The sum alone would be good enough; the size and the changes cost next to nothing.
    if (known?.rows.size === size && hasChanges(known, changes)) return known;
    let next = version;
    for (const [key, object] of changes) {
      const row = next.rows.get(key);
      if (object !== undefined) next = this.#with(next, this.#rowOf(object, key));
      else if (row !== undefined) next = this.#without(next, row);
    }
    return this.#keep(next);
  }

  /** The row of a listed object: the one that is known already, if there is one. */
  rowFor(object: T): Row<V> {
    const key = objectKey(object.metadata);
    const known = this.#newest.rows.get(key);
    return known !== undefined && isRowOf(known, object) ? known : this.#rowOf(object, key);
  }

  /** The version of exactly these rows. */
  versionOf(rows: ReadonlyMap<string, Row<V>>): Version<V, I> {
    let sum = 0;
    for (const { fingerprint } of rows.values()) sum = add(sum, fingerprint);
    const known = this.#recent.get(sum);
    if (known !== undefined && holds(known, rows)) return known;
    // Most lists differ from what is known by little.
    let version = this.#newest;
    for (const row of this.#newest.rows) {
      if (!rows.has(row.key)) version = this.#without(version, row);
    }
    for (const row of rows.values()) {
      if (version.rows.get(row.key) !== row) version = this.#with(version, row);
    }
    return this.#keep(version);
  }

  #rowOf(object: T, key: string): Row<V> {
    const { uid, resourceVersion } = object.metadata;
    const fingerprint = fingerprintOf(object.metadata);
    return { key, uid, resourceVersion, fingerprint, value: this.#design.valueOf(object) };
  }

  #with({ rows, index, fingerprint }: Version<V, I>, row: Row<V>): Version<V, I> {
    const previous = rows.get(row.key);
    return {
      rows: rows.with(row),
      index: this.#design.reindex(index, row.key, previous?.value, row.value),
      fingerprint: add(fingerprint, row.fingerprint - (previous?.fingerprint ?? 0)),
    };
  }

  #without({ rows, index, fingerprint }: Version<V, I>, row: Row<V>): Version<V, I> {
    return {
      rows: rows.without(row.key),
      index: this.#design.reindex(index, row.key, row.value, undefined),
      fingerprint: add(fingerprint, -row.fingerprint),
    };
  }

  #keep(version: Version<V, I>): Version<V, I> {
    this.#newest = version;
    this.#recent.delete(version.fingerprint);
    this.#recent.set(version.fingerprint, version);
    if (this.#recent.size > versionsMax) {
      const oldest = this.#recent.keys().next();
      if (oldest.done !== true) this.#recent.delete(oldest.value);
    }
    return version;
  }
}

export function isRowOf(row: Row<unknown> | undefined, { metadata }: KubeObject): boolean {
  return row?.resourceVersion === metadata.resourceVersion && row.uid === metadata.uid;
}

function hasChanges(
  version: Version<unknown, unknown>,
  changes: ReadonlyMap<string, KubeObject | undefined>,
): boolean {
  for (const [key, object] of changes) {
    const row = version.rows.get(key);
    if (object === undefined ? row !== undefined : !isRowOf(row, object)) return false;
  }
  return true;
}

function holds<V>(version: Version<V, unknown>, rows: ReadonlyMap<string, Row<V>>): boolean {
  if (version.rows.size !== rows.size) return false;
  for (const { key, uid, resourceVersion } of rows.values()) {
    const row = version.rows.get(key);
    if (row?.resourceVersion !== resourceVersion || row.uid !== uid) return false;
  }
  return true;
}

function add(sum: number, difference: number): number {
  return (sum + difference + modulus) % modulus;
}

/** 51 bits, for sums that stand for sets: two of the few hundred known sets never have the same. */
function fingerprintOf({ uid, resourceVersion }: ObjectMeta): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let index = 0; index < uid.length; index += 1) {
    const code = uid.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  for (let index = 0; index < resourceVersion.length; index += 1) {
    const code = resourceVersion.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  return (mix(high) & 0x7ffff) * 0x1_0000_0000 + mix(low);
}

/** The end of MurmurHash3: each bit of the input changes about half of those of the output. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
