import type { Env } from "../base/env.ts";
import {
  type Client,
  createInformer,
  type Informer,
  type InformerOptions,
} from "../client/index.ts";
import { controllerOf } from "../k8s/owner-refs.ts";
import {
  certificateSigningRequests,
  configMaps,
  controllerRevisions,
  daemonSets,
  deployments,
  endpointSlices,
  ipAddresses,
  leases,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  type Resource,
  replicaSets,
  replicationControllers,
  serviceAccounts,
  serviceCidrs,
  services,
} from "../k8s/resources.ts";
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet } from "../k8s/types/apps.ts";
import type { CertificateSigningRequest } from "../k8s/types/certificates.ts";
import type { Lease } from "../k8s/types/coordination.ts";
import type {
  ConfigMap,
  Namespace,
  Node,
  Pod,
  ReplicationController,
  Service,
  ServiceAccount,
} from "../k8s/types/core.ts";
import type { EndpointSlice } from "../k8s/types/discovery.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { IpAddress, ServiceCidr } from "../k8s/types/networking.ts";
import type { PodDisruptionBudget } from "../k8s/types/policy.ts";
import { serviceKeyOf } from "./endpoint-slice/slice-labels.ts";

/** Index of objects by the UID of the controller that owns them, or by `orphansOf(namespace)`. */
export const byController = "controller";
/** Index by namespace. */
export const byNamespace = "namespace";
/** Index of pods by the node they are bound to; the empty name for those that are not. */
export const byNode = "node";

/** Index of EndpointSlices by `namespace/name` of their service. */
export const byService = "service";

/** Under which value of `byController` the objects of a namespace are that no controller owns. */
export function orphansOf(namespace: string | undefined): string {
  return `orphans of ${namespace ?? ""}`;
}

/** One informer per type, started when it is first asked for, shared by all controllers. */
export interface SharedInformers extends AsyncDisposable {
  pods(): Informer<Pod>;
  nodes(): Informer<Node>;
  namespaces(): Informer<Namespace>;
  serviceAccounts(): Informer<ServiceAccount>;
  /** Only those named `kube-root-ca.crt`. */
  rootCaConfigMaps(): Informer<ConfigMap>;
  replicationControllers(): Informer<ReplicationController>;
  replicaSets(): Informer<ReplicaSet>;
  deployments(): Informer<Deployment>;
  daemonSets(): Informer<DaemonSet>;
  controllerRevisions(): Informer<ControllerRevision>;
  podDisruptionBudgets(): Informer<PodDisruptionBudget>;
  services(): Informer<Service>;
  endpointSlices(): Informer<EndpointSlice>;
  certificateSigningRequests(): Informer<CertificateSigningRequest>;
  serviceCidrs(): Informer<ServiceCidr>;
  ipAddresses(): Informer<IpAddress>;
  /** Trimmed to their metadata and `renewTime`. */
  leases(): Informer<Lease>;
  /** The informer of above that follows that type, if one does. */
  sharedOf(resource: Resource): Informer<KubeObject> | undefined;
}

export function createSharedInformers(client: Client, env: Env): SharedInformers {
  const running: Informer<KubeObject>[] = [];
  const lazily = <T extends KubeObject>(
    resource: Resource<T>,
    options: InformerOptions<T> = {},
  ): (() => Informer<T>) => {
    let started: Informer<T> | undefined;
    return () => {
      if (started !== undefined) return started;
      const informer = createInformer(client, resource, options, env);
      started = informer;
      running.push(informer);
      // Whoever waits for the first list sees the rejection; nobody may be waiting.
      informer.synced.catch(() => undefined);
      return informer;
    };
  };
  const controllerIndexes = { [byController]: controllerKeys, [byNamespace]: namespaceKeys };
  const indexes = { indexes: controllerIndexes };
  const shared = {
    pods: lazily(pods, {
      indexes: { ...controllerIndexes, [byNode]: (pod) => [pod.spec.nodeName ?? ""] },
    }),
    nodes: lazily(nodes),
    namespaces: lazily(namespaces),
    serviceAccounts: lazily(serviceAccounts),
    replicationControllers: lazily(replicationControllers, indexes),
    replicaSets: lazily(replicaSets, indexes),
    deployments: lazily(deployments, indexes),
    daemonSets: lazily(daemonSets, indexes),
    controllerRevisions: lazily(controllerRevisions, indexes),
    podDisruptionBudgets: lazily(podDisruptionBudgets, indexes),
    services: lazily(services, { indexes: { [byNamespace]: namespaceKeys } }),
    endpointSlices: lazily(endpointSlices, {
      indexes: { [byService]: (slice) => [serviceKeyOf(slice)] },
    }),
    certificateSigningRequests: lazily(certificateSigningRequests),
    serviceCidrs: lazily(serviceCidrs),
    ipAddresses: lazily(ipAddresses),
    leases: lazily(leases, { transform: trimLease }),
  };
  const byType: Readonly<Record<string, () => Informer<KubeObject>>> = {
    [typeKey(pods)]: shared.pods,
    [typeKey(nodes)]: shared.nodes,
    [typeKey(namespaces)]: shared.namespaces,
    [typeKey(serviceAccounts)]: shared.serviceAccounts,
    [typeKey(replicationControllers)]: shared.replicationControllers,
    [typeKey(replicaSets)]: shared.replicaSets,
    [typeKey(deployments)]: shared.deployments,
    [typeKey(daemonSets)]: shared.daemonSets,
    [typeKey(controllerRevisions)]: shared.controllerRevisions,
    [typeKey(podDisruptionBudgets)]: shared.podDisruptionBudgets,
    [typeKey(services)]: shared.services,
    [typeKey(endpointSlices)]: shared.endpointSlices,
    [typeKey(certificateSigningRequests)]: shared.certificateSigningRequests,
    [typeKey(serviceCidrs)]: shared.serviceCidrs,
    [typeKey(ipAddresses)]: shared.ipAddresses,
    [typeKey(leases)]: shared.leases,
  };
  return {
    ...shared,
    rootCaConfigMaps: lazily(configMaps, { fieldSelector: "metadata.name=kube-root-ca.crt" }),
    sharedOf: (resource) => byType[typeKey(resource)]?.(),
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((informer) => informer[Symbol.asyncDispose]()));
    },
  };
}

function typeKey({ group, plural }: Resource): string {
  return `${plural}.${group}`;
}

function controllerKeys({ metadata }: KubeObject): readonly string[] {
  return [controllerOf(metadata)?.uid ?? orphansOf(metadata.namespace)];
}

function namespaceKeys({ metadata }: KubeObject): readonly string[] {
  return [metadata.namespace ?? ""];
}

/** 5,000 nodes renew 500 Leases a second: keep what node lifecycle and garbage collection read. */
function trimLease({ apiVersion, kind, metadata, spec }: Lease): Lease {
  const { renewTime } = spec ?? {};
  return { apiVersion, kind, metadata, spec: renewTime === undefined ? {} : { renewTime } };
}
