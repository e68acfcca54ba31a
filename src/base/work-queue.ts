import type { Timer } from "./clock.ts";
import type { Env } from "./env.ts";
import type { RandomStream } from "./random.ts";

export interface WorkQueueOptions {
  /** Delay of the first retry of an item, in milliseconds; it doubles with each. Default 5, as in client-go. */
  readonly retryInitialMs?: number;
  /** The longest delay of a retry, in milliseconds. Default 1,000,000, as in client-go. */
  readonly retryMaxMs?: number;
  /** Lengthens each delay of a retry by up to its own length. Default: none, as in client-go. */
  readonly retryJitter?: Pick<RandomStream, "next">;
}

/**
 * The queue of a controller, with client-go's semantics (`util/workqueue`): an item waits at most
 * once; it is never handed out to two at a time; one that is added again while it is being worked
 * on is handed out once more after `done`. Its size is bounded by the number of different keys.
 */
export interface WorkQueue<K extends string> {
  add(key: K): void;
  /** Adds later; of two delays for one key the earlier one holds. */
  addAfter(key: K, delayMs: number): void;
  /** Adds after a delay that grows exponentially with each call until `forget`. */
  addRateLimited(key: K): void;
  /** To be called when an item is worked off well: its next retry is its first. */
  forget(key: K): void;
  /** How often the item was added rate-limited since it was last forgotten. */
  retries(key: K): number;
  /** Waits for the next item; undefined once the queue is shut down. */
  take(): Promise<K | undefined>;
  /** To be called for each item that was taken, however the work ended. */
  done(key: K): void;
  /** How many items wait to be taken, without those that are delayed. */
  readonly size: number;
  /** Drops what waits; nothing is handed out any more. */
  shutDown(): void;
}

interface Delayed {
  readonly dueMs: number;
  readonly timer: Timer;
}

export function createWorkQueue<K extends string>(
  { retryInitialMs = 5, retryMaxMs = 1_000_000, retryJitter }: WorkQueueOptions,
  { clock }: Pick<Env, "clock">,
): WorkQueue<K> {
  const ready = createFifo<K>();
  /** Waiting in `ready`, or added while in `working`. */
  const dirty = new Set<K>();
  const working = new Set<K>();
  const delayed = new Map<K, Delayed>();
  const failures = new Map<K, number>();
  const takers = createFifo<(key: K | undefined) => void>();
  let isShutDown = false;

  function handOut(key: K): void {
    const taker = takers.shift();
    if (taker === undefined) {
      ready.push(key);
      return;
    }
    dirty.delete(key);
    working.add(key);
    taker(key);
  }

  function add(key: K): void {
    if (isShutDown || dirty.has(key)) return;
    dirty.add(key);
    if (!working.has(key)) handOut(key);
  }

  function addAfter(key: K, delayMs: number): void {
    if (isShutDown) return;
    if (delayMs <= 0) {
      add(key);
      return;
    }
    const dueMs = clock.monotonicMs() + delayMs;
    const earlier = delayed.get(key);
    if (earlier !== undefined && earlier.dueMs <= dueMs) return;
    earlier?.timer.cancel();
    const timer = clock.schedule(delayMs, () => {
      delayed.delete(key);
      add(key);
    });
    delayed.set(key, { dueMs, timer });
  }

  return {
    add,
    addAfter,
    addRateLimited(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const delayMs = Math.min(retryInitialMs * 2 ** count, retryMaxMs);
      addAfter(key, delayMs * (1 + (retryJitter?.next() ?? 0)));
    },
    forget(key) {
      failures.delete(key);
    },
    retries: (key) => failures.get(key) ?? 0,
    async take() {
      if (isShutDown) return undefined;
      const key = ready.shift();
      if (key === undefined) return new Promise<K | undefined>((resolve) => takers.push(resolve));
      dirty.delete(key);
      working.add(key);
      return key;
    },
    done(key) {
      working.delete(key);
      if (dirty.has(key) && !isShutDown) handOut(key);
    },
    get size() {
      return ready.size;
    },
    shutDown() {
      isShutDown = true;
      for (const { timer } of delayed.values()) timer.cancel();
      delayed.clear();
      dirty.clear();
      failures.clear();
      ready.clear();
      for (let taker = takers.shift(); taker !== undefined; taker = takers.shift()) {
        taker(undefined);
      }
    },
  };
}

interface Fifo<T> {
  push(item: T): void;
  shift(): T | undefined;
  clear(): void;
  readonly size: number;
}

/** An array with a moving head: `Array.shift` is linear for long arrays. */
function createFifo<T>(): Fifo<T> {
  let items: T[] = [];
  let head = 0;
  return {
    push(item) {
      items.push(item);
    },
    shift() {
      const item = items[head];
      if (item === undefined) return undefined;
      head += 1;
      if (head === items.length || (head >= 1_024 && head * 2 >= items.length)) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    clear() {
      items = [];
      head = 0;
    },
    get size() {
      return items.length - head;
    },
  };
}
