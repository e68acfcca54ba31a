import { abortable } from "../../base/abortable.ts";
import type { Env } from "../../base/env.ts";
import type { MetricFamily } from "../../base/metric-series.ts";
import { addFamilies } from "../../base/metric-sums.ts";
import { silentMetrics } from "../../base/metrics.ts";
import { type RunningFleet, sizeOfShard, sumStatuses } from "../../fleet/index.ts";
import type { WorkerSetup } from "./messages.ts";
import { type StartThread, startThread } from "./thread.ts";
import { ShardWorker } from "./worker.ts";

export interface WorkerFleetOptions
  extends Omit<WorkerSetup, "shard" | "seed" | "logLevel" | "metrics"> {
  readonly workers: number;
  /** How many nodes the fleet has. */
  readonly nodes: number;
  /** Default: threads of Node's. */
  readonly start?: StartThread;
}

/** The nodes of a fleet, in worker threads. */
export interface WorkerFleet extends RunningFleet {
  /** What all workers count, added up. */
  families(): Promise<readonly MetricFamily[]>;
}

/** Seeds are whole numbers below. */
const seedsEnd = 2 ** 31;

/**
 * Deals the nodes of a fleet out to worker threads and starts them there. They are as they would be
 * in this thread, but that the chance of each worker comes from a seed of its own.
 *
 * @throws FleetError `crashed` when a worker cannot start, or the reason of the signal
 */
export async function startWorkerFleet(
  { workers: count, nodes, start = startThread, ...setup }: WorkerFleetOptions,
  env: Env,
  signal: AbortSignal,
): Promise<WorkerFleet> {
  const seeds = env.random.stream("workers");
  const workers = Array.from({ length: count }, (_, index) => {
    const ofWorker: WorkerSetup = {
      ...setup,
      shard: { index, count },
      seed: seeds.below(seedsEnd),
      logLevel: env.log.level ?? "debug",
      metrics: env.metrics !== silentMetrics,
    };
    return new ShardWorker(ofWorker, sizeOfShard(nodes, ofWorker.shard), start, env);
  });
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close()));
  };
  try {
    await abortable(Promise.all(workers.map(({ started }) => started)), signal);
  } catch (error) {
    await close();
    throw error;
  }
  const failed = Promise.race(workers.map((worker) => worker.failed));
  failed.catch(() => {}); // Nobody has to wait for it.
  return {
    status: () => sumStatuses(workers.map(({ status }) => status)),
    failed,
    families: async () => addFamilies(await Promise.all(workers.map((each) => each.families()))),
    close,
  };
}
