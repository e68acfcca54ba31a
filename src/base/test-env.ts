import type { Env } from "./env.ts";
import { silentLog } from "./log.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";
import { silentMetrics } from "./metrics.ts";
import { createRandom } from "./random.ts";

export interface TestEnvOptions {
  /** Default 1. */
  readonly seed?: number;
}

/** A world that repeats itself: a manual clock, chance from a seed, no output. */
export function createTestEnv({ seed = 1 }: TestEnvOptions = {}): Env & {
  readonly clock: ManualClock;
} {
  return {
    clock: createManualClock(),
    random: createRandom(seed),
    log: silentLog,
    metrics: silentMetrics,
  };
}
