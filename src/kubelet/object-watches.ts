import type { Timer } from "../base/clock.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { type Client, type ReflectorStore, runReflector } from "../client/index.ts";
import { configMaps, secrets } from "../k8s/resources.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { PodHabits } from "./pod-habits.ts";
import type { PodReference } from "./pod-references.ts";

/** Whether an object is there; `unknown` while the API server has not said so. */
export type Presence = "present" | "absent" | "unknown";

/** The ConfigMaps and Secrets that the pods of one kubelet refer to, each with a watch of its own. */
export interface ObjectWatches extends AsyncDisposable {
  /** A pod refers to it. The first reference starts the watch. */
  addReference(namespace: string, reference: PodReference): void;
  /** The last one ends it. */
  deleteReference(namespace: string, reference: PodReference): void;
  /** Looks at an object that is referred to; waits for its first list, at most a second. */
  find(namespace: string, reference: PodReference): Promise<Presence>;
}

type Options = Pick<PodHabits, "objectWatchSeconds" | "watchList" | "syncFrequencyMs">;

const idleMinMs = 60_000;
/** Watches that nobody has use for are looked for that often. */
const recycleEveryMs = 60_000;
const findEveryMs = 10;
const findMaxMs = 1_000;

/**
 * As `pkg/kubelet/util/manager/watch_based_manager.go`: what nobody has looked at for a minute, or
 * five syncs, is not watched until it is looked at again; what is immutable not at all once it is
 * known.
 */
export function createObjectWatches(client: Client, options: Options, env: Env): ObjectWatches {
  return new Watches(client, options, env);
}

class Watches implements ObjectWatches {
  readonly #client: Client;
  readonly #options: Options;
  readonly #env: Env;
  readonly #startMs: number;
  readonly #maxIdleMs: number;
  /** By kind, namespace and name. Made with the first: most nodes have none for long. */
  #items: Map<string, Item> | undefined;
  #recycle: Timer | undefined;

  constructor(client: Client, options: Options, env: Env) {
    this.#client = client;
    this.#options = options;
    this.#env = env;
    this.#startMs = env.clock.monotonicMs();
    this.#maxIdleMs = Math.max(idleMinMs, 5 * options.syncFrequencyMs);
  }

  addReference(namespace: string, reference: PodReference): void {
    this.#items ??= new Map();
    const key = keyOf(namespace, reference);
    let item = this.#items.get(key);
    if (item === undefined) {
      item = new Item(namespace, reference);
      this.#items.set(key, item);
      item.lastAccessMs = this.#env.clock.monotonicMs();
      item.start(this.#client, this.#options, this.#env);
    }
    item.references += 1;
    if (reference.isHeld) item.holders += 1;
    this.#awaitRecycle();
  }

  deleteReference(namespace: string, reference: PodReference): void {
    const key = keyOf(namespace, reference);
    const item = this.#items?.get(key);
    if (item === undefined) return;
    item.references -= 1;
    if (reference.isHeld) item.holders -= 1;
    if (item.references > 0) return;
    item.stop();
    this.#items?.delete(key);
  }

  async find(namespace: string, reference: PodReference): Promise<Presence> {
    const item = this.#items?.get(keyOf(namespace, reference));
    if (item === undefined) return "unknown";
    const { clock } = this.#env;
    item.lastAccessMs = clock.monotonicMs();
    if (!item.isWatched && !item.isImmutable) item.start(this.#client, this.#options, this.#env);
    for (let waitedMs = 0; !item.hasSynced && waitedMs < findMaxMs; waitedMs += findEveryMs) {
      await sleep(clock, findEveryMs);
    }
    if (!item.hasSynced) return "unknown";
    if (item.isImmutable) item.stop();
    return item.isPresent ? "present" : "absent";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#recycle?.cancel();
    const items = [...(this.#items?.values() ?? [])];
    this.#items = undefined;
    for (const item of items) item.stop();
    await Promise.all(items.map(({ ended }) => ended));
  }

  /** A timer only while something may become idle. */
  #awaitRecycle(): void {
    if (this.#recycle !== undefined || !this.#mayIdle()) return;
    const { clock } = this.#env;
    const sinceMs = (clock.monotonicMs() - this.#startMs) % recycleEveryMs;
    this.#recycle = clock.schedule(recycleEveryMs - sinceMs, () => {
      this.#recycle = undefined;
      const nowMs = clock.monotonicMs();
      for (const item of this.#items?.values() ?? []) {
        if (item.holders > 0) item.lastAccessMs = nowMs;
        else if (item.hasSynced && nowMs > item.lastAccessMs + this.#maxIdleMs) item.stop();
      }
      this.#awaitRecycle();
    });
  }

  #mayIdle(): boolean {
    for (const item of this.#items?.values() ?? []) {
      if (item.holders === 0 && item.isWatched) return true;
    }
    return false;
  }
}

/** One object, which is not kept: only whether it is there, and how far its watch has come. */
class Item implements ReflectorStore<KubeObject> {
  readonly #namespace: string;
  readonly #reference: PodReference;
  references = 0;
  /** References that look at it all the time. */
  holders = 0;
  lastAccessMs = 0;
  isPresent = false;
  isImmutable = false;
  hasSynced = false;
  /** Resolves when its watch has ended. */
  ended: Promise<void> | undefined;
  #stop: AbortController | undefined;
  #resourceVersion: string | undefined;
  #isListed = false;

  constructor(namespace: string, reference: PodReference) {
    this.#namespace = namespace;
    this.#reference = reference;
  }

  get isWatched(): boolean {
    return this.#stop !== undefined;
  }

  start(client: Client, options: Options, env: Env): void {
    const stop = new AbortController();
    this.#stop = stop;
    const { kind, name } = this.#reference;
    const before = this.ended;
    this.ended = (async () => {
      await before;
      const resumed = this.#resourceVersion;
      await runReflector<KubeObject>(
        client,
        kind === "Secret" ? secrets : configMaps,
        {
          namespace: this.#namespace,
          fieldSelector: `metadata.name=${name}`,
          pageSize: 500,
          watchList: options.watchList,
          watchSeconds: options.objectWatchSeconds,
          informerTimeout: true,
          retryMaxMs: 30_000,
          ...(resumed === undefined ? {} : { resourceVersion: resumed }),
        },
        this,
        env,
        stop.signal,
      );
    })();
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    if (!this.isImmutable) this.hasSynced = false;
  }

  beginList(): void {
    this.#isListed = false;
  }

  endList(): void {
    this.isPresent = this.#isListed;
    this.hasSynced = true;
  }

  apply(object: KubeObject): void {
    this.#isListed = true;
    if (this.hasSynced) this.isPresent = true;
    this.isImmutable = "immutable" in object && object.immutable === true;
  }

  remove(): void {
    this.isPresent = false;
    this.isImmutable = false;
  }

  reached(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
  }
}

function keyOf(namespace: string, { kind, name }: PodReference): string {
  return `${kind}/${namespace}/${name}`;
}
