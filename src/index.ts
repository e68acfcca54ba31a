/** Hollow Kubernetes nodes by the thousand, in one process. */
export { OptionError } from "./base/option-error.ts";
export {
  type Cluster,
  type ClusterAccess,
  type ClusterOptions,
  type ClusterProgress,
  type ControlPlane,
  ControlPlaneError,
  createCluster,
  createSystemEnv,
  type EmbeddedOptions,
  type ExistingControlPlane,
  type SystemEnvOptions,
} from "./cluster/index.ts";
export {
  FleetError,
  type FleetOptions,
  type FleetStatus,
  type NodeGroupOptions,
} from "./fleet/index.ts";
export {
  configMaps,
  daemonSets,
  deployments,
  events,
  leases,
  namespaces,
  nodes,
  pods,
  type Resource,
  replicaSets,
  secrets,
  services,
} from "./k8s/resources.ts";
export { ApiError } from "./k8s/status.ts";
export { TransportError } from "./k8s/transport.ts";
export { createHollowBehavior, type PodBehavior, type PodPlan } from "./kubelet/index.ts";
