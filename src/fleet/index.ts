export { createFleet, type Fleet } from "./fleet.ts";
export { FleetError } from "./fleet-error.ts";
export { lockName, metricsAnnotation, nodesAnnotation } from "./fleet-lock.ts";
export type {
  Component,
  FleetOptions,
  KubeletSettings,
  NodeAccess,
  NodeGroupOptions,
} from "./fleet-options.ts";
export { emptyStatus, type FleetStatus, sumStatuses } from "./fleet-status.ts";
export { sharesWatches } from "./habits-of-nodes.ts";
export { removeFleet } from "./leave.ts";
export type { ComponentLog, NodeLogs } from "./node-logs.ts";
export { createNodePool, defaultFleet, type NodePool } from "./node-pool.ts";
export { createProcessIdentity } from "./process-identity.ts";
export type { RunningFleet, StartNodes } from "./running-fleet.ts";
export { type FleetShard, type ShardOptions, sizeOfShard, startShard } from "./shard.ts";
