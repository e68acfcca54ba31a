import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
} from "./types/apps.ts";
import type { CertificateSigningRequest } from "./types/certificates.ts";
import type { Lease } from "./types/coordination.ts";
import type {
  ConfigMap,
  CoreEvent,
  Namespace,
  Node,
  Pod,
  ReplicationController,
  Secret,
  Service,
  ServiceAccount,
} from "./types/core.ts";
import type { EndpointSlice } from "./types/discovery.ts";
import type { Event } from "./types/events.ts";
import type { KubeObject } from "./types/meta.ts";
import type { IpAddress, ServiceCidr } from "./types/networking.ts";
import type { PodDisruptionBudget } from "./types/policy.ts";
import type { CsiNode } from "./types/storage.ts";
import type { PersistentVolumeClaim } from "./types/volumes.ts";

/** Where objects of one kind live in the API, and their TypeScript type. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The name in paths, a lower-case plural. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never present: it only carries the type. */
  readonly object?: T;
}

function resource<T extends KubeObject>(
  group: string,
  version: string,
  plural: string,
  kind: string,
  scope: "Cluster" | "Namespaced",
): Resource<T> {
  return { group, version, plural, kind, namespaced: scope === "Namespaced" };
}

export const nodes: Resource<Node> = resource("", "v1", "nodes", "Node", "Cluster");
export const namespaces: Resource<Namespace> = resource(
  "",
  "v1",
  "namespaces",
  "Namespace",
  "Cluster",
);
export const pods: Resource<Pod> = resource("", "v1", "pods", "Pod", "Namespaced");
export const services: Resource<Service> = resource("", "v1", "services", "Service", "Namespaced");
export const events: Resource<CoreEvent> = resource("", "v1", "events", "Event", "Namespaced");
/** Those of the newer API; the server stores them as it stores the core group's. */
export const eventsV1: Resource<Event> = resource(
  "events.k8s.io",
  "v1",
  "events",
  "Event",
  "Namespaced",
);
export const configMaps: Resource<ConfigMap> = resource(
  "",
  "v1",
  "configmaps",
  "ConfigMap",
  "Namespaced",
);
export const secrets: Resource<Secret> = resource("", "v1", "secrets", "Secret", "Namespaced");
export const persistentVolumeClaims: Resource<PersistentVolumeClaim> = resource(
  "",
  "v1",
  "persistentvolumeclaims",
  "PersistentVolumeClaim",
  "Namespaced",
);
export const persistentVolumes: Resource = resource(
  "",
  "v1",
  "persistentvolumes",
  "PersistentVolume",
  "Cluster",
);
export const serviceAccounts: Resource<ServiceAccount> = resource(
  "",
  "v1",
  "serviceaccounts",
  "ServiceAccount",
  "Namespaced",
);
export const replicationControllers: Resource<ReplicationController> = resource(
  "",
  "v1",
  "replicationcontrollers",
  "ReplicationController",
  "Namespaced",
);
export const deployments: Resource<Deployment> = resource(
  "apps",
  "v1",
  "deployments",
  "Deployment",
  "Namespaced",
);
export const replicaSets: Resource<ReplicaSet> = resource(
  "apps",
  "v1",
  "replicasets",
  "ReplicaSet",
  "Namespaced",
);
export const statefulSets: Resource<StatefulSet> = resource(
  "apps",
  "v1",
  "statefulsets",
  "StatefulSet",
  "Namespaced",
);
export const daemonSets: Resource<DaemonSet> = resource(
  "apps",
  "v1",
  "daemonsets",
  "DaemonSet",
  "Namespaced",
);
export const controllerRevisions: Resource<ControllerRevision> = resource(
  "apps",
  "v1",
  "controllerrevisions",
  "ControllerRevision",
  "Namespaced",
);
export const leases: Resource<Lease> = resource(
  "coordination.k8s.io",
  "v1",
  "leases",
  "Lease",
  "Namespaced",
);
export const csiNodes: Resource<CsiNode> = resource(
  "storage.k8s.io",
  "v1",
  "csinodes",
  "CSINode",
  "Cluster",
);
export const csiDrivers: Resource = resource(
  "storage.k8s.io",
  "v1",
  "csidrivers",
  "CSIDriver",
  "Cluster",
);
export const runtimeClasses: Resource = resource(
  "node.k8s.io",
  "v1",
  "runtimeclasses",
  "RuntimeClass",
  "Cluster",
);
export const podDisruptionBudgets: Resource<PodDisruptionBudget> = resource(
  "policy",
  "v1",
  "poddisruptionbudgets",
  "PodDisruptionBudget",
  "Namespaced",
);
export const endpointSlices: Resource<EndpointSlice> = resource(
  "discovery.k8s.io",
  "v1",
  "endpointslices",
  "EndpointSlice",
  "Namespaced",
);
export const serviceCidrs: Resource<ServiceCidr> = resource(
  "networking.k8s.io",
  "v1",
  "servicecidrs",
  "ServiceCIDR",
  "Cluster",
);
export const ipAddresses: Resource<IpAddress> = resource(
  "networking.k8s.io",
  "v1",
  "ipaddresses",
  "IPAddress",
  "Cluster",
);
export const certificateSigningRequests: Resource<CertificateSigningRequest> = resource(
  "certificates.k8s.io",
  "v1",
  "certificatesigningrequests",
  "CertificateSigningRequest",
  "Cluster",
);

/** `v1` for the core group, else `group/version`: what objects have as `apiVersion`. */
export function apiVersionOf(of: Pick<Resource, "group" | "version">): string {
  return of.group === "" ? of.version : `${of.group}/${of.version}`;
}

/** The path of a collection: `/api/v1/pods` for all namespaces, or within one. */
export function collectionPath(of: Resource, namespace?: string): string {
  const root = of.group === "" ? `/api/${of.version}` : `/apis/${of.group}/${of.version}`;
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${of.plural}`;
}

/** The path of one object, or of a subresource of it. */
export function objectPath(
  of: Resource,
  key: { readonly namespace?: string; readonly name: string },
  subresource?: string,
): string {
  const path = `${collectionPath(of, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
