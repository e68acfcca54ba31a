import type { Env } from "../base/env.ts";
import { objectKey } from "../k8s/object-key.ts";
import type { Resource } from "../k8s/resources.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { Client } from "./client.ts";
import { createIndexer, type WritableIndexer } from "./indexer.ts";
import type { Informer, InformerHandler, InformerOptions } from "./informer-types.ts";
import { type ReflectorStore, runReflector } from "./reflector.ts";

/** Starts to follow a collection; it stops when it is disposed. */
export function createInformer<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  options: InformerOptions<T>,
  env: Env,
): Informer<T> {
  const {
    indexes,
    transform,
    pageSize = 500,
    watchList = true,
    retryMaxMs = 30_000,
    ...selectors
  } = options;
  const indexer = createIndexer<T>(indexes);
  const handlers = createHandlers<T>(env);
  const synced = createSynced();
  const store = createStore(indexer, transform, handlers, synced.resolve);
  const stop = new AbortController();
  const running = runReflector(
    client,
    resource,
    { ...selectors, pageSize, watchList, retryMaxMs },
    store,
    env,
    stop.signal,
  );

  return {
    indexer,
    synced: synced.promise,
    get hasSynced() {
      return synced.isResolved();
    },
    subscribe(handler) {
      for (const object of indexer.values()) handlers.callOne(handler, "added", object);
      return handlers.add(handler);
    },
    async [Symbol.asyncDispose]() {
      const reason = new Error(`the informer of ${resource.plural} was disposed`);
      stop.abort(reason);
      synced.reject(reason);
      await running;
    },
  };
}

/** Applies what the reflector sees to the indexer, and tells the handlers what has changed. */
function createStore<T extends KubeObject>(
  indexer: WritableIndexer<T>,
  transform: ((object: T) => T) | undefined,
  handlers: Handlers<T>,
  onListed: () => void,
): ReflectorStore<T> {
  /** The keys of the list that is running. */
  let listed: Set<string> | undefined;

  const remove = (key: string, object: T): void => {
    indexer.delete(key);
    handlers.deleted(object);
  };

  return {
    beginList() {
      listed = new Set();
    },
    endList() {
      for (const key of indexer.keys()) {
        if (listed?.has(key) === true) continue;
        const object = indexer.get(key);
        // Deleted while nobody watched: its last state here is the last that was seen.
        if (object !== undefined) remove(key, object);
      }
      listed = undefined;
      onListed();
    },
    apply(object) {
      const key = objectKey(object.metadata);
      listed?.add(key);
      const previous = indexer.get(key);
      // A new list repeats what is known.
      if (isSameVersion(previous, object)) return;
      const kept = transform === undefined ? object : transform(object);
      indexer.set(key, kept);
      if (previous === undefined) handlers.added(kept);
      else handlers.updated(kept, previous);
    },
    remove(object) {
      const key = objectKey(object.metadata);
      listed?.delete(key);
      if (indexer.get(key) === undefined) return;
      remove(key, transform === undefined ? object : transform(object));
    },
  };
}

function isSameVersion(left: KubeObject | undefined, right: KubeObject): boolean {
  return (
    left !== undefined &&
    left.metadata.resourceVersion === right.metadata.resourceVersion &&
    left.metadata.uid === right.metadata.uid
  );
}

interface Handlers<T> {
  add(handler: InformerHandler<T>): () => void;
  callOne(handler: InformerHandler<T>, method: "added" | "deleted", object: T): void;
  added(object: T): void;
  updated(object: T, previous: T): void;
  deleted(object: T): void;
}

/** A handler that throws is a bug of its own: it is logged, and neither the others nor the watch suffer. */
function createHandlers<T>({ log }: Pick<Env, "log">): Handlers<T> {
  // Replaced and never changed, so that a handler may remove itself while it is called.
  let handlers: readonly InformerHandler<T>[] = [];
  const report = (error: unknown): void => log.error("an informer's handler failed", { error });

  const callOne = (handler: InformerHandler<T>, method: "added" | "deleted", object: T): void => {
    try {
      handler[method]?.(object);
    } catch (error) {
      report(error);
    }
  };

  return {
    add(handler) {
      handlers = [...handlers, handler];
      return () => {
        handlers = handlers.filter((other) => other !== handler);
      };
    },
    callOne,
    added(object) {
      for (const handler of handlers) callOne(handler, "added", object);
    },
    updated(object, previous) {
      for (const handler of handlers) {
        try {
          handler.updated?.(object, previous);
        } catch (error) {
          report(error);
        }
      }
    },
    deleted(object) {
      for (const handler of handlers) callOne(handler, "deleted", object);
    },
  };
}

interface Synced {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(reason: Error): void;
  isResolved(): boolean;
}

function createSynced(): Synced {
  let state: "pending" | "resolved" | "rejected" = "pending";
  let settle: { resolve(): void; reject(reason: Error): void } | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => {}); // Nobody has to wait for it.
  return {
    promise,
    resolve() {
      if (state === "pending") state = "resolved";
      settle?.resolve();
    },
    reject(reason) {
      if (state === "pending") state = "rejected";
      settle?.reject(reason);
    },
    isResolved: () => state === "resolved",
  };
}
