import type { KubeObject } from "../k8s/types/meta.ts";

/** What an informer holds: read-only, current as of the last event, keys are `namespace/name` or `name`. */
export interface Indexer<T> {
  get(key: string): T | undefined;
  /** In no order. */
  values(): IterableIterator<T>;
  readonly size: number;
  /** The objects whose index function gave `value`. @throws AssertionError for an unknown index. */
  byIndex(index: string, value: string): readonly T[];
}

/** Called after the indexer has changed, in the order of the events. Handlers must not throw. */
export interface InformerHandler<T> {
  added?(object: T): void;
  updated?(object: T, previous: T): void;
  /** `object` is the last state that was seen. */
  deleted?(object: T): void;
}

export interface InformerOptions<T extends KubeObject> {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** By index name: the values under which an object is found. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** What is kept of an object, to save memory. It must keep `metadata`. Default: all of it. */
  readonly transform?: (object: T) => T;
  /** Objects a page of the first list. Default 500, as in client-go. */
  readonly pageSize?: number;
  /**
   * Whether to ask for the first list as a watch (`sendInitialEvents`), which spares the server and
   * us the collection in one piece. A server that does not know it is listed instead. Default true.
   */
  readonly watchList?: boolean;
  /**
   * The longest wait before a watch that has failed is tried again, in milliseconds; jitter makes it
   * up to twice as long. Default 30 000, as in client-go.
   */
  readonly retryMaxMs?: number;
}

/** A copy of a collection that follows it by a watch, through every break, until it is disposed. */
export interface Informer<T extends KubeObject> extends AsyncDisposable {
  readonly indexer: Indexer<T>;
  /** Resolves once the first list is in; rejects only when it is disposed before. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  /** `added` is called at once for what is there already. Returns what removes the handler. */
  subscribe(handler: InformerHandler<T>): () => void;
}
