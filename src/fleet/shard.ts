import type { Env } from "../base/env.ts";
import type { FleetOptions } from "./fleet-options.ts";
import { defaultStartsInFlight, type LoneNodesClients, startLoneNodes } from "./lone-nodes.ts";
import { createNodePool } from "./node-pool.ts";
import type { RunningFleet } from "./running-fleet.ts";

/** Which nodes of a fleet: every `count`th, from that at `index`. */
export interface FleetShard {
  readonly index: number;
  readonly count: number;
}

/** What can be said of a fleet in data alone. */
export type ShardOptions = Omit<
  FleetOptions,
  "behavior" | "identity" | "metricsUrl" | "nodeLogs" | "optionName"
>;

/** How many of `total` things are a shard's. */
export function sizeOfShard(total: number, { index, count }: FleetShard): number {
  return Math.floor((total + count - 1 - index) / count);
}

/**
 * Starts the nodes of one shard of a fleet, which run by themselves. Their names, addresses and pod
 * ranges are those that they have in the whole. Whoever starts all shards holds the fleet.
 *
 * @throws OptionError, ApiError, TransportError
 */
export async function startShard(
  options: ShardOptions & Pick<FleetOptions, "nodeLogs">,
  shard: FleetShard,
  clients: LoneNodesClients,
  env: Env,
  signal: AbortSignal,
): Promise<RunningFleet> {
  const pool = createNodePool(options);
  const nodes = pool.nodes.filter((_, index) => index % shard.count === shard.index);
  // All shards together register as many at once as one thread would.
  const inFlight = options.registrationsInFlight ?? defaultStartsInFlight;
  const ofShard = { ...options, registrationsInFlight: sizeOfShard(inFlight, shard) };
  return startLoneNodes({ ...pool, nodes }, ofShard, clients, env, signal);
}
