import type { Clock, Timer } from "../base/clock.ts";
import { createTokenBucket, type TokenBucket } from "../client/index.ts";

export interface SyncRunnerOptions {
  /** Seconds between two runs; 0: no run waits. */
  readonly minSyncPeriodSeconds: number;
  /** How many runs need not wait. */
  readonly syncBurst: number;
}

/**
 * Runs a function soon after it was asked to, but not too often: what kube-proxy's
 * BoundedFrequencyRunner does. It does nothing by itself: rules that are only kept in memory need
 * no repair, so there is no run after a time without changes.
 */
export class SyncRunner {
  readonly #periodMs: number;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket | undefined;
  readonly #sync: () => void;
  #ranMs = Number.NEGATIVE_INFINITY;
  #isAsked = false;
  #isStopped = false;
  #timer: Timer | undefined;

  constructor(options: SyncRunnerOptions, clock: Clock, sync: () => void) {
    const { minSyncPeriodSeconds, syncBurst } = options;
    this.#periodMs = minSyncPeriodSeconds * 1_000;
    this.#clock = clock;
    this.#sync = sync;
    if (minSyncPeriodSeconds > 0) {
      this.#bucket = createTokenBucket(
        { qps: 1 / minSyncPeriodSeconds, burst: syncBurst },
        { clock },
      );
    }
  }

  run(): void {
    if (this.#isAsked || this.#isStopped) return;
    this.#isAsked = true;
    // What has come along with this change is one run with it.
    queueMicrotask(() => this.#try());
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #try(): void {
    if (this.#isStopped) return;
    if (this.#bucket?.tryTake() === false) {
      const delayMs = Math.max(1, this.#ranMs + this.#periodMs - this.#clock.monotonicMs());
      this.#timer = this.#clock.schedule(delayMs, () => this.#try());
      return;
    }
    this.#isAsked = false;
    this.#ranMs = this.#clock.monotonicMs();
    this.#sync();
  }
}
