export {
  createHollowKubelet,
  type HollowKubelet,
  type KubeletOptions,
  type KubeletServices,
} from "./hollow-kubelet.ts";
export { type Approver, createApprover } from "./identity/approve.ts";
export {
  bootstrapIdentity,
  type CertificateOptions,
  type NodeCertificate,
} from "./identity/bootstrap-identity.ts";
export type { IdentityError, IdentityErrorReason } from "./identity/identity-error.ts";
export { createNodeIdentity, type NodeIdentityOptions } from "./identity/node-identity.ts";
export { restrictedNodeLabels } from "./identity/node-restriction.ts";
export { addressAt, type IpRange, parseCidr } from "./ip-range.ts";
export { nodeFailure } from "./kubelet-parts.ts";
export {
  createNodeTemplate,
  fleetLabel,
  leaseNamespace,
  type NodeTemplate,
} from "./node-template.ts";
export {
  createHollowBehavior,
  type PodBehavior,
  type PodPlan,
} from "./pod-behavior.ts";
export { createPodManager, type PodManager } from "./pod-manager.ts";
export type { PodHandler, PodSource } from "./pod-source.ts";
export type { PodTally } from "./pod-workers.ts";
export type { KubeletHabits, KubeletSwitches, NodeHabits, ProfileName } from "./profiles/habits.ts";
export {
  type KubeletHabitsOptions,
  kubeletHabits,
  type ResolvedHabits,
} from "./profiles/kubelet-habits.ts";
export { parseSwitches, profileSwitches, switchHelp } from "./profiles/switches.ts";
export type {
  KubeletObserver,
  NodeFailure,
  RunningKubelet,
  RunningKubeletOptions,
} from "./running-kubelet.ts";
export { startKubelet } from "./start-kubelet.ts";
export { createStatusWriter, type StatusWriter } from "./status-writer.ts";
