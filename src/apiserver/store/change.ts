import type { WatchEvent } from "../../k8s/transport.ts";
import { atRevision, type StoredObject } from "./stored-object.ts";

/**
 * One write, as watches and snapshots see it. Its watch events are made when the first watch
 * asks, once for all watches, so that what is encoded for one can be reused for the others.
 */
export class Change {
  readonly revision: number;
  readonly key: string;
  /** On the monotonic clock. */
  readonly atMs: number;
  /** What the key held before; undefined for a creation. */
  readonly previous: StoredObject | undefined;
  /** What the key holds since; undefined for a removal. */
  readonly next: StoredObject | undefined;
  /** Of a removal: the final state, at the revision of the removal. */
  readonly last: StoredObject | undefined;
  #appeared: WatchEvent | undefined;
  #modified: WatchEvent | undefined;
  #disappeared: WatchEvent | undefined;

  constructor(
    at: { readonly revision: number; readonly key: string; readonly atMs: number },
    previous: StoredObject | undefined,
    next: StoredObject | undefined,
    last: StoredObject | undefined,
  ) {
    this.revision = at.revision;
    this.key = at.key;
    this.atMs = at.atMs;
    this.previous = previous;
    this.next = next;
    this.last = last;
  }

  /**
   * The event for a watch of the objects that `matches` selects; undefined if neither state is
   * among them. As in the watch cache (`apiserver/pkg/storage/cacher/cache_watcher.go`), an object
   * that begins to match is ADDED, and one that ceases to match is DELETED, with its previous
   * state at the new revision.
   */
  eventFor(matches: (object: StoredObject) => boolean): WatchEvent | undefined {
    const before = this.previous !== undefined && matches(this.previous);
    if (this.next !== undefined && matches(this.next)) {
      if (!before) {
        this.#appeared ??= { type: "ADDED", object: this.next };
        return this.#appeared;
      }
      this.#modified ??= { type: "MODIFIED", object: this.next };
      return this.#modified;
    }
    if (!before || this.previous === undefined) return undefined;
    this.#disappeared ??= {
      type: "DELETED",
      object: this.last ?? atRevision(this.previous, this.revision),
    };
    return this.#disappeared;
  }
}
