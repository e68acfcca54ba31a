import { randomInt } from "node:crypto";
import type { Env } from "../base/env.ts";
import { type Log, silentLog } from "../base/log.ts";
import { type Metrics, silentMetrics } from "../base/metrics.ts";
import { createRandom } from "../base/random.ts";
import { createSystemClock } from "../base/system-clock.ts";

export interface SystemEnvOptions {
  /** A whole number from which all chance comes. Default: another each time. */
  readonly seed?: number;
  /** Default: nothing is logged. */
  readonly log?: Log;
  /** Default: nothing is counted. */
  readonly metrics?: Metrics;
}

const seedsEnd = 2 ** 31;

/** The real world: the machine's clock, and chance from a seed. */
export function createSystemEnv(options: SystemEnvOptions = {}): Env {
  return {
    clock: createSystemClock(),
    random: createRandom(options.seed ?? randomInt(seedsEnd)),
    log: options.log ?? silentLog,
    metrics: options.metrics ?? silentMetrics,
  };
}
