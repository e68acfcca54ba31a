import type { Clock, Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { createSharedTimeouts, type SharedTimeouts } from "../base/shared-timeouts.ts";

export interface LaneOptions<T> {
  /** How many runs may be under way at once; others wait their turn. */
  readonly maxInFlight: number;
  /**
   * Runs start at multiples of this many milliseconds, those of one tick together: what they write
   * leaves in one piece, and the process wakes less often. Default 1.
   */
  readonly tickMs?: number;
  /** After which time the signal of a run is aborted, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Runs an item. Must not reject.
   *
   * @param dueMs the monotonic time at which it should have run
   * @returns in how many milliseconds to run it again; undefined for not before it is scheduled
   */
  run(item: T, dueMs: number, signal: AbortSignal): Promise<number | undefined>;
}

/** Runs items at their times, each by itself: what is under way or due in one lane delays no other. */
export interface Lane<T> {
  /** To run in `delayMs`. One that is scheduled already is moved; one under way runs again afterwards. */
  schedule(item: T, delayMs: number): void;
  /** Forgets an item; a run under way is finished. */
  cancel(item: T): void;
  /** Forgets all items and runs nothing more. Resolves when nothing is under way, at the latest after `graceMs`, when the signals are aborted. */
  close(graceMs: number): Promise<void>;
}

interface Entry<T> {
  readonly item: T;
  state: "scheduled" | "queued" | "running" | "cancelled";
  dueMs: number;
  timer: Timer | undefined;
  /** Asked for while it runs: the delay after which it runs again. */
  again: number | undefined;
}

export function createLane<T extends object>(
  options: LaneOptions<T>,
  env: Pick<Env, "clock">,
): Lane<T> {
  return new BoundedLane(options, env.clock);
}

class BoundedLane<T extends object> implements Lane<T> {
  readonly #options: LaneOptions<T>;
  readonly #clock: Clock;
  readonly #entries = new Map<T, Entry<T>>();
  readonly #timeouts: SharedTimeouts;
  #running = 0;
  #queue: Entry<T>[] = [];
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor(options: LaneOptions<T>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    const { timeoutMs, tickMs = 1 } = options;
    this.#timeouts = createSharedTimeouts({ timeoutMs, sharedForMs: tickMs }, clock);
  }

  schedule(item: T, delayMs: number): void {
    if (this.#closed) return;
    const entry = this.#entries.get(item);
    if (entry === undefined) {
      const fresh: Entry<T> = {
        item,
        state: "scheduled",
        dueMs: 0,
        timer: undefined,
        again: undefined,
      };
      this.#entries.set(item, fresh);
      this.#arm(fresh, delayMs);
    } else if (entry.state === "running") {
      entry.again = Math.min(entry.again ?? delayMs, delayMs);
    } else if (entry.state === "scheduled") {
      this.#arm(entry, delayMs);
    }
  }

  cancel(item: T): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    entry.timer?.cancel();
    entry.state = "cancelled";
    this.#entries.delete(item);
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const entry of this.#entries.values()) this.cancel(entry.item);
    this.#queue = [];
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.schedule(graceMs, () => {
        this.#timeouts.abortAll();
        resolve();
      });
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #arm(entry: Entry<T>, delayMs: number): void {
    entry.timer?.cancel();
    entry.state = "scheduled";
    const nowMs = this.#clock.monotonicMs();
    const { tickMs = 1 } = this.#options;
    entry.dueMs = Math.ceil((nowMs + delayMs) / tickMs) * tickMs;
    entry.timer = this.#clock.schedule(entry.dueMs - nowMs, () => {
      entry.timer = undefined;
      entry.state = "queued";
      this.#queue.push(entry);
      this.#pump();
    });
  }

  #pump(): void {
    let taken = 0;
    while (this.#running < this.#options.maxInFlight) {
      const entry = this.#queue[taken];
      if (entry === undefined) break;
      taken += 1;
      if (entry.state === "queued") void this.#run(entry);
    }
    if (taken > 0) this.#queue = this.#queue.slice(taken);
  }

  async #run(entry: Entry<T>): Promise<void> {
    entry.state = "running";
    const delayMs = await this.#runOnce(entry);
    const nextMs = entry.again ?? delayMs;
    entry.again = undefined;
    if (this.#entries.get(entry.item) === entry) {
      if (nextMs === undefined) this.#entries.delete(entry.item);
      else this.#arm(entry, nextMs);
    }
    if (this.#running === 0) this.#onIdle?.();
    this.#pump();
  }

  async #runOnce({ item, dueMs }: Entry<T>): Promise<number | undefined> {
    this.#running += 1;
    const timeout = this.#timeouts.begin();
    const delayMs = await this.#options.run(item, dueMs, timeout.signal);
    timeout.release();
    this.#running -= 1;
    return delayMs;
  }
}
