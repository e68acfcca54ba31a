import { horizontalPodAutoscalerPrinter } from "./autoscaler-printer.ts";
import { certificateSigningRequestPrinter } from "./certificate-printer.ts";
import {
  configMapPrinter,
  defaultPrinter,
  leasePrinter,
  namespacePrinter,
  podDisruptionBudgetPrinter,
  priorityClassPrinter,
  resourceQuotaPrinter,
  roleBindingPrinter,
  runtimeClassPrinter,
  secretPrinter,
  serviceAccountPrinter,
  webhookConfigurationPrinter,
} from "./config-printers.ts";
import { eventPrinter } from "./event-printer.ts";
import {
  endpointSlicePrinter,
  endpointsPrinter,
  ingressClassPrinter,
  ingressPrinter,
  ipAddressPrinter,
  networkPolicyPrinter,
  serviceCidrPrinter,
  servicePrinter,
} from "./network-printers.ts";
import { nodePrinter } from "./node-printer.ts";
import { podPrinter } from "./pod-printer.ts";
import type { TablePrinter } from "./printer.ts";
import {
  csiDriverPrinter,
  csiNodePrinter,
  csiStorageCapacityPrinter,
  persistentVolumeClaimPrinter,
  persistentVolumePrinter,
  storageClassPrinter,
  volumeAttachmentPrinter,
  volumeAttributesClassPrinter,
} from "./storage-printers.ts";
import {
  controllerRevisionPrinter,
  cronJobPrinter,
  daemonSetPrinter,
  deploymentPrinter,
  jobPrinter,
  podTemplatePrinter,
  replicaSetPrinter,
  replicationControllerPrinter,
  statefulSetPrinter,
} from "./workload-printers.ts";

/** By `group/Kind`, the core group's as `/Kind`. */
const printers: Readonly<Record<string, TablePrinter>> = {
  "/ConfigMap": configMapPrinter,
  "/Endpoints": endpointsPrinter,
  "/Event": eventPrinter,
  "/Namespace": namespacePrinter,
  "/Node": nodePrinter,
  "/PersistentVolume": persistentVolumePrinter,
  "/PersistentVolumeClaim": persistentVolumeClaimPrinter,
  "/Pod": podPrinter,
  "/PodTemplate": podTemplatePrinter,
  "/ReplicationController": replicationControllerPrinter,
  "/ResourceQuota": resourceQuotaPrinter,
  "/Secret": secretPrinter,
  "/Service": servicePrinter,
  "/ServiceAccount": serviceAccountPrinter,
  "admissionregistration.k8s.io/MutatingWebhookConfiguration": webhookConfigurationPrinter,
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration": webhookConfigurationPrinter,
  "apps/ControllerRevision": controllerRevisionPrinter,
  "apps/DaemonSet": daemonSetPrinter,
  "apps/Deployment": deploymentPrinter,
  "apps/ReplicaSet": replicaSetPrinter,
  "apps/StatefulSet": statefulSetPrinter,
  "autoscaling/HorizontalPodAutoscaler": horizontalPodAutoscalerPrinter,
  "batch/CronJob": cronJobPrinter,
  "batch/Job": jobPrinter,
  "certificates.k8s.io/CertificateSigningRequest": certificateSigningRequestPrinter,
  "coordination.k8s.io/Lease": leasePrinter,
  "discovery.k8s.io/EndpointSlice": endpointSlicePrinter,
  "events.k8s.io/Event": eventPrinter,
  "networking.k8s.io/IPAddress": ipAddressPrinter,
  "networking.k8s.io/Ingress": ingressPrinter,
  "networking.k8s.io/IngressClass": ingressClassPrinter,
  "networking.k8s.io/NetworkPolicy": networkPolicyPrinter,
  "networking.k8s.io/ServiceCIDR": serviceCidrPrinter,
  "node.k8s.io/RuntimeClass": runtimeClassPrinter,
  "policy/PodDisruptionBudget": podDisruptionBudgetPrinter,
  "rbac.authorization.k8s.io/ClusterRoleBinding": roleBindingPrinter,
  "rbac.authorization.k8s.io/RoleBinding": roleBindingPrinter,
  "scheduling.k8s.io/PriorityClass": priorityClassPrinter,
  "storage.k8s.io/CSIDriver": csiDriverPrinter,
  "storage.k8s.io/CSINode": csiNodePrinter,
  "storage.k8s.io/CSIStorageCapacity": csiStorageCapacityPrinter,
  "storage.k8s.io/StorageClass": storageClassPrinter,
  "storage.k8s.io/VolumeAttachment": volumeAttachmentPrinter,
  "storage.k8s.io/VolumeAttributesClass": volumeAttributesClassPrinter,
};

/** How a kind is printed: by default its name and when it was created. */
export function printerOf(group: string, kind: string): TablePrinter {
  return printers[`${group}/${kind}`] ?? defaultPrinter;
}
