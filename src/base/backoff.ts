import type { RandomStream } from "./random.ts";

export interface BackoffOptions {
  /** The first delay, in milliseconds. */
  readonly initialMs: number;
  /** By how much each delay is longer than the last. Default 2. */
  readonly factor?: number;
  /** The longest delay before jitter, in milliseconds. */
  readonly maxMs: number;
  /**
   * Up to which share of itself a delay is prolonged, as `wait.Jitter` of Kubernetes does: 1 means
   * up to twice as long. Default 1.
   */
  readonly jitter?: number;
}

/** The delays between attempts that fail. */
export interface Backoff {
  /** How long to wait before the next attempt. */
  nextMs(): number;
  /** To be called after a success. */
  reset(): void;
}

export function createBackoff(options: BackoffOptions, random: RandomStream): Backoff {
  const { initialMs, factor = 2, maxMs, jitter = 1 } = options;
  let delayMs = initialMs;
  return {
    nextMs() {
      const jitteredMs = delayMs * (1 + jitter * random.next());
      delayMs = Math.min(delayMs * factor, maxMs);
      return jitteredMs;
    },
    reset() {
      delayMs = initialMs;
    },
  };
}
