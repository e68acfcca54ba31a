import { horizontalPodAutoscalerStrategy } from "./autoscaling.ts";
import { certificateSigningRequestStrategy } from "./certificate-signing-requests.ts";
import { configMapStrategy, secretStrategy } from "./config.ts";
import { cronJobStrategy } from "./cron-jobs.ts";
import { daemonSetStrategy } from "./daemon-sets.ts";
import { deploymentStrategy } from "./deployments.ts";
import { endpointSliceStrategy } from "./endpoint-slices.ts";
import { eventStrategy } from "./events.ts";
import { jobStrategy } from "./jobs.ts";
import { leaseStrategy } from "./leases.ts";
import { limitRangeStrategy } from "./limit-ranges.ts";
import { namespaceStrategy } from "./namespaces.ts";
import {
  endpointsStrategy,
  ingressClassStrategy,
  ingressStrategy,
  networkPolicyStrategy,
} from "./networking.ts";
import { nodeStrategy } from "./nodes.ts";
import { persistentVolumeClaimStrategy, persistentVolumeStrategy } from "./persistent-volumes.ts";
import { podStrategy } from "./pods.ts";
import { podDisruptionBudgetStrategy } from "./policy.ts";
import { clusterRoleBindingStrategy, roleBindingStrategy, roleStrategy } from "./rbac.ts";
import { replicaSetStrategy, replicationControllerStrategy } from "./replica-sets.ts";
import { runtimeClassStrategy } from "./runtime-classes.ts";
import { priorityClassStrategy } from "./scheduling.ts";
import { ipAddressStrategy, serviceCidrStrategy } from "./service-cidrs.ts";
import { serviceStrategy } from "./services.ts";
import { statefulSetStrategy } from "./stateful-sets.ts";
import {
  csiDriverStrategy,
  csiNodeStrategy,
  storageClassStrategy,
  versionedStrategy,
} from "./storage.ts";
import type { Strategy } from "./strategy.ts";

const defaultStrategy: Strategy = {};
const generationStrategy: Strategy = { countsGenerations: true };
const versionedGenerationStrategy: Strategy = { ...generationStrategy, ...versionedStrategy };

/** By `group/Kind`, the core group's as `/Kind`. */
const strategies: Readonly<Record<string, Strategy>> = {
  "/ConfigMap": configMapStrategy,
  "/Endpoints": endpointsStrategy,
  "/Event": eventStrategy,
  "/LimitRange": limitRangeStrategy,
  "/Namespace": namespaceStrategy,
  "/Node": nodeStrategy,
  "/PersistentVolume": persistentVolumeStrategy,
  "/PersistentVolumeClaim": persistentVolumeClaimStrategy,
  "/Pod": podStrategy,
  "/PodTemplate": generationStrategy,
  "/ReplicationController": replicationControllerStrategy,
  "/Secret": secretStrategy,
  "/Service": serviceStrategy,
  "admissionregistration.k8s.io/MutatingWebhookConfiguration": versionedGenerationStrategy,
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy": versionedGenerationStrategy,
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding": versionedGenerationStrategy,
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration": versionedGenerationStrategy,
  "apps/DaemonSet": daemonSetStrategy,
  "apps/Deployment": deploymentStrategy,
  "apps/ReplicaSet": replicaSetStrategy,
  "apps/StatefulSet": statefulSetStrategy,
  "autoscaling/HorizontalPodAutoscaler": horizontalPodAutoscalerStrategy,
  "batch/CronJob": cronJobStrategy,
  "batch/Job": jobStrategy,
  "certificates.k8s.io/CertificateSigningRequest": certificateSigningRequestStrategy,
  "coordination.k8s.io/Lease": leaseStrategy,
  "discovery.k8s.io/EndpointSlice": endpointSliceStrategy,
  "events.k8s.io/Event": eventStrategy,
  "flowcontrol.apiserver.k8s.io/FlowSchema": generationStrategy,
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration": generationStrategy,
  "networking.k8s.io/IPAddress": ipAddressStrategy,
  "networking.k8s.io/Ingress": ingressStrategy,
  "networking.k8s.io/IngressClass": ingressClassStrategy,
  "networking.k8s.io/NetworkPolicy": networkPolicyStrategy,
  "networking.k8s.io/ServiceCIDR": serviceCidrStrategy,
  "node.k8s.io/RuntimeClass": runtimeClassStrategy,
  "policy/PodDisruptionBudget": podDisruptionBudgetStrategy,
  "rbac.authorization.k8s.io/ClusterRole": roleStrategy,
  "rbac.authorization.k8s.io/ClusterRoleBinding": clusterRoleBindingStrategy,
  "rbac.authorization.k8s.io/Role": roleStrategy,
  "rbac.authorization.k8s.io/RoleBinding": roleBindingStrategy,
  "resource.k8s.io/DeviceClass": generationStrategy,
  "resource.k8s.io/ResourceSlice": generationStrategy,
  "scheduling.k8s.io/PriorityClass": priorityClassStrategy,
  "storage.k8s.io/CSIDriver": csiDriverStrategy,
  "storage.k8s.io/CSINode": csiNodeStrategy,
  "storage.k8s.io/CSIStorageCapacity": versionedStrategy,
  "storage.k8s.io/StorageClass": storageClassStrategy,
  "storage.k8s.io/VolumeAttachment": versionedStrategy,
};

/** What is particular to a kind; nothing is of a kind that is not known here. */
export function strategyOf(group: string, kind: string): Strategy {
  return strategies[`${group}/${kind}`] ?? defaultStrategy;
}
