import type { Clock, Timer } from "../../base/clock.ts";

interface Lifetime {
  readonly key: string;
  readonly resourceVersion: string;
  readonly endMs: number;
}

/**
 * Removes what was not written again for some time. All entries live equally long, so they end in
 * the order in which they were written, and one timer is enough.
 */
export class Expiry {
  readonly #timeToLiveMs: number;
  readonly #clock: Clock;
  readonly #remove: (key: string, resourceVersion: string) => void;
  #lifetimes: Lifetime[] = [];
  #head = 0;
  #timer: Timer | undefined;

  /** @param remove is called for each write whose time is over, also of what was written again. */
  constructor(
    timeToLiveMs: number,
    clock: Clock,
    remove: (key: string, resourceVersion: string) => void,
  ) {
    this.#timeToLiveMs = timeToLiveMs;
    this.#clock = clock;
    this.#remove = remove;
  }

  written(key: string, resourceVersion: string): void {
    const endMs = this.#clock.monotonicMs() + this.#timeToLiveMs;
    this.#lifetimes.push({ key, resourceVersion, endMs });
    this.#timer ??= this.#clock.schedule(this.#timeToLiveMs, () => this.#expire());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lifetimes = [];
    this.#head = 0;
  }

  #expire(): void {
    const nowMs = this.#clock.monotonicMs();
    let next = this.#lifetimes[this.#head];
    while (next !== undefined && next.endMs <= nowMs) {
      this.#head += 1;
      this.#remove(next.key, next.resourceVersion);
      next = this.#lifetimes[this.#head];
    }
    this.#lifetimes = this.#lifetimes.slice(this.#head);
    this.#head = 0;
    this.#timer =
      next === undefined
        ? undefined
        : this.#clock.schedule(next.endMs - nowMs, () => this.#expire());
  }
}
