export { type Cluster, createCluster, defaultNodes } from "./cluster.ts";
export type { ClusterOptions, ClusterProgress, ExistingControlPlane } from "./cluster-options.ts";
export { type ClusterAccess, type ControlPlane, ControlPlaneError } from "./control-plane.ts";
export type { EmbeddedOptions } from "./embedded.ts";
export { connectExisting } from "./existing.ts";
export { leavePurpose, statusPurpose } from "./rights.ts";
export { createSystemEnv, type SystemEnvOptions } from "./system-env.ts";
export { workersFor } from "./workers/worker-count.ts";
