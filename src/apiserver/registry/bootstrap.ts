import type { JsonObject } from "../../k8s/json.ts";
import { addressAt, parseIpv4Range } from "./service-addresses.ts";

export interface BootstrapOptions {
  /** The range of cluster IPs, whose first address is that of `default/kubernetes`. */
  readonly serviceCidr: string;
  /** Now, RFC 3339. */
  readonly now: string;
  /** The port that the API server listens on, the target of that service. Default 6443. */
  readonly port?: number;
  /** The authority that signs client certificates, in PEM; published when given. */
  readonly rootCaPem?: string;
}

/** The objects that a fresh cluster has, in the order in which they can be created. */
export function bootstrapObjects(options: BootstrapOptions): readonly JsonObject[] {
  const { serviceCidr, now, port = 6443, rootCaPem } = options;
  return [
    ...["default", "kube-system", "kube-public", "kube-node-lease"].map(namespace),
    priorityClass("system-cluster-critical", 2_000_000_000, clusterCritical),
    priorityClass("system-node-critical", 2_000_001_000, nodeCritical),
    defaultRange(serviceCidr, now),
    kubernetesService(firstServiceIp(serviceCidr), port),
    ...(rootCaPem === undefined ? [] : [authentication(rootCaPem)]),
  ];
}

/** The address of `default/kubernetes` in a range of cluster IPs; undefined if that is no range. */
function firstServiceIp(serviceCidr: string): string | undefined {
  const range = parseIpv4Range(serviceCidr);
  return range && addressAt(range, 1);
}

const clusterCritical =
  "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.";
const nodeCritical =
  "Used for system critical pods that must not be moved from their current node.";

function namespace(name: string): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function priorityClass(name: string, value: number, description: string): JsonObject {
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    description,
  };
}

/** `pkg/controlplane/controller/defaultservicecidr`. */
function defaultRange(cidr: string, lastTransitionTime: string): JsonObject {
  const message = "Kubernetes default Service CIDR is ready";
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "kubernetes" },
    spec: { cidrs: [cidr] },
    status: {
      conditions: [{ type: "Ready", status: "True", reason: "", message, lastTransitionTime }],
    },
  };
}

function kubernetesService(clusterIP: string | undefined, targetPort: number): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { component: "apiserver", provider: "kubernetes" },
    },
    spec: {
      ...(clusterIP === undefined ? {} : { clusterIP }),
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort }],
    },
  };
}

function authentication(rootCaPem: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
    data: { "client-ca-file": rootCaPem },
  };
}
