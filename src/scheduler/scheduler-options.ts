import { OptionError } from "../base/option-error.ts";
import type { Client } from "../client/index.ts";

export interface SchedulerOptions {
  readonly client: Client;
  /** The pods that are served: those with this `spec.schedulerName`. Default "default-scheduler". */
  readonly schedulerName?: string;
  /** Of all nodes, how many to find before scoring, 0 … 100. Default 0: kube-scheduler's adaptive share. */
  readonly percentageOfNodesToScore?: number;
  /** How many bindings and status writes are under way at a time. Default 64. */
  readonly inFlightMax?: number;
  /** How long a pod waits after its first failed try, in milliseconds. Default 1 000. */
  readonly podInitialBackoffMs?: number;
  /** The longest such wait. Default 10 000. */
  readonly podMaxBackoffMs?: number;
  /** How long a bound pod may stay unseen by the watch before it is given up. Default 30 000. */
  readonly assumedPodTtlMs?: number;
}

export type ResolvedSchedulerOptions = Readonly<Required<Omit<SchedulerOptions, "client">>>;

/** @throws OptionError for numbers out of range. */
export function resolveSchedulerOptions(options: SchedulerOptions): ResolvedSchedulerOptions {
  const resolved = {
    schedulerName: options.schedulerName ?? "default-scheduler",
    percentageOfNodesToScore: options.percentageOfNodesToScore ?? 0,
    inFlightMax: options.inFlightMax ?? 64,
    podInitialBackoffMs: options.podInitialBackoffMs ?? 1_000,
    podMaxBackoffMs: options.podMaxBackoffMs ?? 10_000,
    assumedPodTtlMs: options.assumedPodTtlMs ?? 30_000,
  };
  const { percentageOfNodesToScore, inFlightMax, podInitialBackoffMs, podMaxBackoffMs } = resolved;
  require("percentageOfNodesToScore", percentageOfNodesToScore >= 0 &&
    percentageOfNodesToScore <=
      100, `must be between 0 and 100; found ${percentageOfNodesToScore}`);
  require("inFlightMax", Number.isInteger(inFlightMax) &&
    inFlightMax >= 1, `must be a whole number of at least 1; found ${inFlightMax}`);
  require("podInitialBackoffMs", podInitialBackoffMs >
    0, `must be above 0; found ${podInitialBackoffMs}`);
  require("podMaxBackoffMs", podMaxBackoffMs >=
    podInitialBackoffMs, `must be at least podInitialBackoffMs, ${podInitialBackoffMs}; found ${podMaxBackoffMs}`);
  return resolved;
}

function require(option: string, holds: boolean, problem: string): void {
  if (!holds) throw new OptionError(`scheduler.${option}`, problem);
}
