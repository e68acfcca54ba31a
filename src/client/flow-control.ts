import { assert } from "../base/assert.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";

export interface TokenBucketOptions {
  /** Tokens that come back in a second. */
  readonly qps: number;
  /** Tokens that there are at most: how many may be taken at once. */
  readonly burst: number;
  /** Told how long it kept somebody waiting, in milliseconds. Must not throw. */
  readonly waited?: (waitedMs: number) => void;
}

export interface TokenBucket {
  /**
   * Waits for its turn. @throws the reason of `signal`; the turn is given up then, not given back,
   * as in client-go.
   */
  take(signal?: AbortSignal): Promise<void>;
  /** Takes a token if there is one. */
  tryTake(): boolean;
}

/** client-go's rate limiter (`util/flowcontrol`): a bucket that starts full. */
export function createTokenBucket(
  { qps, burst, waited }: TokenBucketOptions,
  { clock }: Pick<Env, "clock">,
): TokenBucket {
  assert(qps > 0 && burst >= 1, `a token bucket needs qps and burst, not ${qps} and ${burst}`);
  // Below zero for turns that are promised already: who comes later waits behind them.
  let tokens = burst;
  let countedMs = clock.monotonicMs();

  const refill = (): void => {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(burst, tokens + ((nowMs - countedMs) * qps) / 1_000);
    countedMs = nowMs;
  };

  return {
    async take(signal) {
      signal?.throwIfAborted();
      refill();
      tokens -= 1;
      if (tokens >= 0) return;
      const waitMs = (-tokens * 1_000) / qps;
      await sleep(clock, waitMs, signal);
      waited?.(waitMs);
    },
    tryTake() {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
