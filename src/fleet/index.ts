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
export type { FleetStatus } from "./fleet-status.ts";
export { sharesWatches } from "./habits-of-nodes.ts";
export { removeFleet } from "./leave.ts";
export type { ComponentLog, NodeLogs } from "./node-logs.ts";
export { createNodePool, defaultFleet } from "./node-pool.ts";
export { createProcessIdentity } from "./process-identity.ts";
