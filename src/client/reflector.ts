import { sleep } from "../base/clock.ts";
import { formatGoDuration } from "../base/duration.ts";
import type { Env } from "../base/env.ts";
import { onAbort } from "../base/on-abort.ts";
import type { JsonObject } from "../k8s/json.ts";
import type { Resource } from "../k8s/resources.ts";
import { ApiError, failure, type Status } from "../k8s/status.ts";
import type { WatchEvent, WatchHandle, WatchSink } from "../k8s/transport.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { Client, ListOptions, WatchOptions } from "./client.ts";
import {
  isEndOfConnection,
  isExpired,
  isRetriable,
  isTooLargeVersion,
  retryAfterMs,
} from "./reflector-errors.ts";

/** Where a reflector puts what it sees. */
export interface ReflectorStore<T> {
  /** A list begins: what is not applied until `endList` is gone. May come again before an end. */
  beginList(): void;
  endList(): void;
  apply(object: T): void;
  remove(object: T): void;
  /** Told, at its end, how far a run came; for one that is to go on from there. */
  reached?(resourceVersion: string): void;
}

export interface ReflectorOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly pageSize: number;
  /** Whether lists are asked for as watches (`WatchListClient`, on from client-go 0.35). */
  readonly watchList: boolean;
  /** The longest wait between two attempts, before jitter, in milliseconds. */
  readonly retryMaxMs: number;
  /** Whether watches say their time limit as `timeout` too, as those of generated informers do. */
  readonly informerTimeout?: boolean;
  /** Between how many seconds a watch lasts. Default 300 and 600, as in client-go. */
  readonly watchSeconds?: readonly [min: number, max: number];
  /** How far an earlier run came: the first list is of what is at least as new. */
  readonly resourceVersion?: string;
}

/** How a watch ended: by an error, or, without one, by its timeout or with its connection. */
interface WatchEnd {
  readonly error?: unknown;
  /** Whether the server had accepted it. */
  readonly wasOpen: boolean;
}

const watchSecondsDefault = [300, 600] as const;

/** A watch that ends sooner, and without an event, is taken for a failure. */
const shortWatchMs = 1_000;

/** The first wait after a failure. */
const retryMinMs = 800;

/** Who has not had to wait for so long begins with the first wait again. */
const retryResetMs = 120_000;

/** The annotation of the bookmark after the last initial event (KEP-3157). */
const initialEventsEnd = "k8s.io/initial-events-end";

/**
 * Keeps `store` like the collection until `signal` is aborted, request for request as client-go's
 * reflector does (`tools/cache/reflector.go`): a first list of what the server has in memory, in
 * pages or as a watch, then one watch after the other, each from where the last one ended. A new
 * list, of what is at least as new as what is known, only after a failure; a new watch after one
 * that ended, also with its connection. After a failure it waits 0.8 s, doubling up to `retryMaxMs`,
 * each time up to twice as long.
 */
export function runReflector<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  options: ReflectorOptions,
  store: ReflectorStore<T>,
  env: Env,
  signal: AbortSignal,
): Promise<void> {
  return new Reflector(client, resource, options, store, env, signal).run();
}

/** A class, and not closures: there are eight for each of thousands of nodes. */
class Reflector<T extends KubeObject> implements WatchSink {
  readonly #client: Client;
  readonly #resource: Resource<T>;
  readonly #options: ReflectorOptions;
  readonly #store: ReflectorStore<T>;
  readonly #env: Env;
  readonly #signal: AbortSignal;
  /** How far it has come; empty before the first list. */
  #version: string;
  /** Whether the server does not have that version. */
  #isUnavailable = false;
  /** Whether the server gives pages of what it has in memory: it has nothing there. */
  #isPaginated = false;
  #waitMs = retryMinMs;
  #waitedAtMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  // Of the watch that runs:
  #isListing = false;
  #sawEvents = false;
  #handle: WatchHandle | undefined;
  #resolve: ((end: WatchEnd) => void) | undefined;

  constructor(
    client: Client,
    resource: Resource<T>,
    options: ReflectorOptions,
    store: ReflectorStore<T>,
    env: Env,
    signal: AbortSignal,
  ) {
    this.#client = client;
    this.#resource = resource;
    this.#options = options;
    this.#version = options.resourceVersion ?? "";
    this.#store = store;
    this.#env = env;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const signal = this.#signal;
    const unlisten = onAbort(signal, () => this.#end({ error: signal.reason, wasOpen: true }));
    while (!signal.aborted) {
      try {
        await this.#listAndWatch();
        if (!signal.aborted) await this.#backOff();
      } catch (error) {
        if (!signal.aborted) await this.#backOff(error).catch(() => {}); // Aborted: the loop ends.
      }
    }
    unlisten();
    if (this.#version !== "") this.#store.reached?.(this.#version);
  }

  /** Resolves, or rejects, when there is to be a new list after a wait. */
  async #listAndWatch(): Promise<void> {
    let end = this.#options.watchList ? await this.#watchFromList() : undefined;
    if (end === undefined) await this.#list();
    else if (!(await this.#mayWatchOn(end))) return;
    for (;;) {
      const startMs = this.#env.clock.monotonicMs();
      end = await this.#watch({ resourceVersion: this.#version });
      if (this.#signal.aborted) return;
      this.#checkLength(end, startMs);
      if (!(await this.#mayWatchOn(end))) return;
    }
  }

  /** Lists by watching, and resolves when that watch is over; undefined if it gave no list. */
  async #watchFromList(): Promise<WatchEnd | undefined> {
    for (;;) {
      const startMs = this.#env.clock.monotonicMs();
      const version = this.#isUnavailable ? "" : this.#version;
      const end = await this.#watch({
        ...(version === "" ? {} : { resourceVersion: version }),
        sendInitialEvents: true,
        resourceVersionMatch: "NotOlderThan",
      });
      if (!this.#isListing || this.#signal.aborted) return end;
      const { error } = end;
      if (isRetriable(error)) await this.#backOff(error);
      else if (isExpired(error) || isTooLargeVersion(error)) this.#isUnavailable = true;
      else if (error !== undefined || this.#isShort(startMs)) return undefined;
    }
  }

  /** Whether to watch on from where a watch ended, having waited if need be. */
  async #mayWatchOn({ error, wasOpen }: WatchEnd): Promise<boolean> {
    if (error === undefined) return true;
    if (isRetriable(error)) {
      await this.#backOff(error);
      return true;
    }
    if (!wasOpen || !isExpired(error)) throw error;
    return false;
  }

  #checkLength({ error }: WatchEnd, startMs: number): void {
    if (error === undefined && this.#isShort(startMs)) {
      throw new Error("a watch ended within a second, without an event");
    }
  }

  #isShort(startMs: number): boolean {
    return !this.#sawEvents && this.#env.clock.monotonicMs() - startMs < shortWatchMs;
  }

  async #list(): Promise<void> {
    const known = this.#version === "" ? "0" : this.#version;
    const from = this.#isUnavailable ? "" : known;
    // The server reads pages from etcd, but all at once from its memory.
    const isPaged = this.#isPaginated || from === "" || from === "0";
    const limit = isPaged ? this.#options.pageSize : undefined;
    try {
      this.#version = await this.#listPages(from, limit);
    } catch (error) {
      if (!isExpired(error) && !isTooLargeVersion(error)) throw error;
      this.#isUnavailable = true;
      this.#version = await this.#listPages("", limit);
    }
    this.#isUnavailable = false;
    this.#failures = 0;
  }

  /** @returns the resource version of the list. */
  async #listPages(resourceVersion: string, limit: number | undefined): Promise<string> {
    const base: ListOptions = { ...selectorsOf(this.#options), signal: this.#signal };
    const whole = resourceVersion === "" ? base : { ...base, resourceVersion };
    let query: ListOptions = limit === undefined ? whole : { ...whole, limit };
    this.#store.beginList();
    for (;;) {
      try {
        const page = await this.#client.list(this.#resource, query);
        for (const item of page.items) this.#store.apply(item);
        const next = page.metadata.continue;
        if (next === undefined || next === "") {
          this.#store.endList();
          return page.metadata.resourceVersion;
        }
        if (resourceVersion === "0") this.#isPaginated = true;
        query = { ...base, ...(limit === undefined ? {} : { limit }), continue: next };
      } catch (error) {
        // A continuation outlived the server's memory: all at once then, as client-go's pager does.
        if (!isExpired(error) || query.continue === undefined) throw error;
        query = whole;
        this.#store.beginList();
      }
    }
  }

  /** Resolves when the watch is over; never rejects. */
  #watch(from: WatchOptions): Promise<WatchEnd> {
    const { watchSeconds = watchSecondsDefault, informerTimeout = false } = this.#options;
    const [min, max] = watchSeconds;
    const timeoutSeconds = min + this.#env.random.below(max - min);
    const query: WatchOptions = {
      ...selectorsOf(this.#options),
      ...from,
      signal: this.#signal,
      allowWatchBookmarks: true,
      timeoutSeconds,
      ...(informerTimeout ? { timeout: formatGoDuration(timeoutSeconds * 1_000) } : {}),
    };
    this.#isListing = query.sendInitialEvents === true;
    this.#sawEvents = false;
    if (this.#isListing) this.#store.beginList();
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#client.watch(this.#resource, query, this).then(
        (handle) => {
          // The first events may come, and end it, before the handle does.
          if (this.#resolve === resolve) this.#handle = handle;
          else handle.stop();
        },
        (error: unknown) => this.#end({ error, wasOpen: false }),
      );
    });
  }

  #end(end: WatchEnd): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    this.#handle?.stop();
    this.#handle = undefined;
    resolve?.(end);
  }

  events(batch: readonly WatchEvent[]): void {
    for (const event of batch) {
      if (this.#resolve === undefined) return;
      this.#take(event);
    }
  }

  closed(error?: unknown): void {
    if (error === undefined || isEndOfConnection(error)) this.#end({ wasOpen: true });
    else this.#end({ error, wasOpen: true });
  }

  #take({ type, object }: WatchEvent): void {
    if (type === "ERROR") {
      this.#end({ error: new ApiError(statusOfEvent(object)), wasOpen: true });
      return;
    }
    this.#sawEvents = true;
    const known = object as unknown as T; // What is watched is of the resource's type.
    if (type === "DELETED") this.#store.remove(known);
    else if (type !== "BOOKMARK") this.#store.apply(known);
    else if (this.#isListing && known.metadata.annotations?.[initialEventsEnd] === "true") {
      this.#isListing = false;
      this.#isUnavailable = false;
      this.#failures = 0;
      this.#store.endList();
    }
    // Before the end of the list the versions are those of the objects, in no order.
    if (!this.#isListing) this.#version = known.metadata.resourceVersion;
  }

  /** Waits as `wait.BackoffManager` does, and at least as long as the server asks for. */
  async #backOff(error?: unknown): Promise<void> {
    const { clock, random, log } = this.#env;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#waitedAtMs > retryResetMs) this.#waitMs = retryMinMs;
    this.#waitedAtMs = nowMs;
    const delayMs = Math.max(this.#waitMs * (1 + random.next()), retryAfterMs(error));
    this.#waitMs = Math.min(this.#waitMs * 2, this.#options.retryMaxMs);
    if (error !== undefined) {
      const fields = { resource: this.#resource.plural, error, delayMs: Math.round(delayMs) };
      this.#failures += 1;
      if (this.#failures === 1) log.warn("a watch failed and is tried again", fields);
      else log.debug("a watch failed again", fields);
    }
    await sleep(clock, delayMs, this.#signal);
  }
}

function selectorsOf(options: ReflectorOptions): ListOptions & WatchOptions {
  const { namespace, labelSelector, fieldSelector } = options;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

function statusOfEvent(object: JsonObject): Status {
  const { code, message } = object;
  if (object["kind"] === "Status" && typeof code === "number") return object as unknown as Status;
  return failure(500, "InternalError", typeof message === "string" ? message : "the watch failed");
}
