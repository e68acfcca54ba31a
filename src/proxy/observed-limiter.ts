import type { Env } from "../base/env.ts";
import { createTokenBucket, type TokenBucket, type TokenBucketOptions } from "../client/index.ts";

/** A limiter that tells how long it kept requests waiting, in milliseconds. */
export function createObservedLimiter(
  limits: TokenBucketOptions,
  waited: (waitedMs: number) => void,
  env: Pick<Env, "clock">,
): TokenBucket {
  const { clock } = env;
  const bucket = createTokenBucket(limits, env);
  return {
    async take(signal) {
      // Nearly every token is there at once.
      if (bucket.tryTake()) return;
      const sinceMs = clock.monotonicMs();
      await bucket.take(signal);
      waited(clock.monotonicMs() - sinceMs);
    },
    tryTake: () => bucket.tryTake(),
  };
}
