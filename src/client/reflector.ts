import { createBackoff } from "../base/backoff.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { onAbort } from "../base/on-abort.ts";
import { isJsonObject, type JsonObject } from "../k8s/json.ts";
import type { Resource } from "../k8s/resources.ts";
import { ApiError, failure, type Status } from "../k8s/status.ts";
import type { WatchEvent, WatchHandle } from "../k8s/transport.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { Client, ListOptions, WatchOptions } from "./client.ts";

/** Where a reflector puts what it sees. */
export interface ReflectorStore<T> {
  /** A list begins: what is not applied until `endList` is gone. May come again before an end. */
  beginList(): void;
  endList(): void;
  apply(object: T): void;
  remove(object: T): void;
}

export interface ReflectorOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly pageSize: number;
  readonly watchList: boolean;
  /** The longest wait between two attempts, before jitter, in milliseconds. */
  readonly retryMaxMs: number;
}

/** How a watch ended that did not break. */
interface WatchEnd {
  readonly kind: "timedOut" | "expired";
  readonly sawEvents: boolean;
}

/** A watch that ends sooner, and without an event, is taken for a failure, as in client-go. */
const shortWatchMs = 1_000;

/** The annotation of the bookmark after the last initial event (KEP-3157). */
const initialEventsEnd = "k8s.io/initial-events-end";

/**
 * Keeps `store` like the collection until `signal` is aborted, in the way of client-go's reflector
 * (`tools/cache/reflector.go`): a first list, in pages or as a watch, then watches of 5 to 10
 * minutes, each from where the last one ended; a new list only when the server has forgotten that
 * place. After a failure it waits 0.8 s, doubling up to `retryMaxMs`, each time up to twice as long.
 */
export async function runReflector<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  options: ReflectorOptions,
  store: ReflectorStore<T>,
  env: Env,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = env;
  // Seeded by what is watched: two reflectors do not come back at the same moment.
  const random = env.random.stream(`reflector/${resource.plural}/${env.random.uuid()}`);
  const backoff = createBackoff({ initialMs: 800, maxMs: options.retryMaxMs }, random);
  const reader = createReader(client, resource, options, store, signal);
  /** Undefined when the collection is to be listed. */
  let version: string | undefined;
  let hasExpired = false;
  let { watchList } = options;
  let failures = 0;

  while (!signal.aborted) {
    const startMs = clock.monotonicMs();
    const isListing = version === undefined && watchList;
    try {
      if (version === undefined && !watchList) version = await reader.list(hasExpired ? "" : "0");
      const timeoutSeconds = 300 + random.below(301);
      const end = await reader.watch(version, timeoutSeconds, (reached) => {
        version = reached;
      });
      if (end.kind === "expired") {
        version = undefined;
        hasExpired = true;
      } else if (version === undefined) {
        watchList = false; // It ended before its end of the list: the server does not know of it.
        continue;
      } else if (end.sawEvents || clock.monotonicMs() - startMs >= shortWatchMs) {
        failures = 0;
        backoff.reset();
        continue;
      }
      await sleep(clock, backoff.nextMs(), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isListing && isRefusalOfWatchList(error)) {
        watchList = false;
        continue;
      }
      if (isExpired(error)) {
        version = undefined;
        hasExpired = true;
      }
      const delayMs = Math.max(backoff.nextMs(), retryAfterMs(error));
      const fields = { resource: resource.plural, error, delayMs: Math.round(delayMs) };
      failures += 1;
      if (failures === 1) log.warn("a watch failed and is tried again", fields);
      else log.debug("a watch failed again", fields);
      await sleep(clock, delayMs, signal).catch(() => {}); // Aborted: the loop ends.
    }
  }
}

interface Reader {
  /** @returns the resource version of the list. */
  list(resourceVersion: string): Promise<string>;
  /** Without a version it lists by watching. `reached` is told how far it came. */
  watch(
    version: string | undefined,
    timeoutSeconds: number,
    reached: (version: string) => void,
  ): Promise<WatchEnd>;
}

function createReader<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  options: ReflectorOptions,
  store: ReflectorStore<T>,
  signal: AbortSignal,
): Reader {
  const { pageSize, watchList: _, retryMaxMs: __, ...selectors } = options;

  async function listPages(first: ListOptions): Promise<string> {
    store.beginList();
    let query = first;
    for (;;) {
      const page = await client.list(resource, query);
      for (const item of page.items) store.apply(item);
      const next = page.metadata.continue;
      if (next === undefined || next === "") {
        store.endList();
        return page.metadata.resourceVersion;
      }
      query = { ...selectors, signal, limit: pageSize, continue: next };
    }
  }

  return {
    async list(resourceVersion) {
      const first: ListOptions = { ...selectors, signal };
      try {
        return await listPages({
          ...first,
          limit: pageSize,
          ...(resourceVersion === "" ? {} : { resourceVersion }),
        });
      } catch (error) {
        // A continuation outlived the server's memory: all at once then, as client-go's pager does.
        if (!isExpired(error)) throw error;
        return listPages(first);
      }
    },
    watch(version, timeoutSeconds, reached) {
      const query: WatchOptions = {
        ...selectors,
        signal,
        allowWatchBookmarks: true,
        timeoutSeconds,
        ...(version === undefined
          ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" }
          : { resourceVersion: version }),
      };
      return watchOnce(client, resource, query, store, reached);
    },
  };
}

/** Resolves when the watch is over, in whatever way but a failure. */
function watchOnce<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  query: WatchOptions,
  store: ReflectorStore<T>,
  reached: (version: string) => void,
): Promise<WatchEnd> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    let isListing = query.sendInitialEvents === true;
    let sawEvents = false;
    let handle: WatchHandle | undefined;

    const finish = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      unlisten();
      handle?.stop();
      settle();
    };

    const take = ({ type, object }: WatchEvent): void => {
      if (type === "ERROR") {
        const error = new ApiError(statusOfEvent(object));
        const end: WatchEnd = { kind: "expired", sawEvents };
        finish(() => (isExpired(error) ? resolve(end) : reject(error)));
        return;
      }
      sawEvents = true;
      const known = object as unknown as T; // What is watched is of the resource's type.
      if (type === "DELETED") store.remove(known);
      else if (type !== "BOOKMARK") store.apply(known);
      else if (isListing && known.metadata.annotations?.[initialEventsEnd] === "true") {
        isListing = false;
        store.endList();
      }
      // Before the end of the list the versions are those of the objects, in no order.
      if (!isListing) reached(known.metadata.resourceVersion);
    };

    if (isListing) store.beginList();
    const unlisten = onAbort(query.signal, () => finish(() => reject(query.signal?.reason)));
    client
      .watch(resource, query, {
        events(batch) {
          for (const event of batch) {
            if (isOver) return;
            take(event);
          }
        },
        closed(error) {
          const end: WatchEnd = { kind: "timedOut", sawEvents };
          finish(() => (error === undefined ? resolve(end) : reject(error)));
        },
      })
      .then(
        (opened) => {
          handle = opened;
          // The first events may come, and end it, before the handle does.
          if (isOver) opened.stop();
        },
        (error: unknown) => finish(() => reject(error)),
      );
  });
}

function statusOfEvent(object: JsonObject): Status {
  const { code } = object;
  if (object["kind"] === "Status" && typeof code === "number") return object as unknown as Status;
  const message = isJsonObject(object) ? object["message"] : undefined;
  return failure(500, "InternalError", typeof message === "string" ? message : "the watch failed");
}

function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.code === 410;
}

/** Servers that do not know `sendInitialEvents` refuse `resourceVersionMatch` on a watch. */
function isRefusalOfWatchList(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 400 || error.code === 422);
}

function retryAfterMs(error: unknown): number {
  if (!(error instanceof ApiError)) return 0;
  return (error.status.details?.retryAfterSeconds ?? 0) * 1_000;
}
