export {
  createFleet,
  type Fleet,
  type StopOptions,
  type WhenReadyOptions,
} from "./fleet.ts";
export { FleetError, type FleetErrorReason } from "./fleet-error.ts";
export type {
  FleetClients,
  FleetOptions,
  HolderIdentity,
  NodeGroupOptions,
  NodePoolOptions,
} from "./fleet-options.ts";
export type { FailureGroup, FleetStatus } from "./fleet-status.ts";
export type { LeaseCounts } from "./lease-lane.ts";
export { type RemovedFleet, type RemoveFleetOptions, removeFleet } from "./leave.ts";
export { createNodePool, type NodePool } from "./node-pool.ts";
export { createProcessIdentity } from "./process-identity.ts";
