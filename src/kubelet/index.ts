export {
  createHollowKubelet,
  type HollowKubelet,
  type KubeletOptions,
  type KubeletServices,
} from "./hollow-kubelet.ts";
export { addressAt, type IpRange, parseCidr } from "./ip-range.ts";
export type { LeaseRenewal } from "./node-lease.ts";
export type { Registration } from "./node-registration.ts";
export {
  createNodeTemplate,
  fleetLabel,
  hollowNodeLabel,
  leaseNamespace,
  type NodeIdentity,
  type NodeTemplate,
  type NodeTemplateOptions,
} from "./node-template.ts";
export {
  createHollowBehavior,
  type DurationRange,
  type HollowBehaviorOptions,
  type PodBehavior,
  type PodPlan,
  type PodRun,
} from "./pod-behavior.ts";
export type { PodHandler, PodSource } from "./pod-source.ts";
export type { PodTally } from "./pod-workers.ts";
export {
  createStatusWriter,
  type StatusWriter,
  type StatusWriterOptions,
} from "./status-writer.ts";
