import { OptionError } from "../base/option-error.ts";
import type { Client } from "../client/index.ts";
import type { CertificateSigner } from "../k8s/pki/certificate-signer.ts";
import { parseClusterCidr } from "./cidr-allocator.ts";

/** Every controller, by the name that kube-controller-manager gives it where it has one. */
export const controllerNames = [
  "deployment-controller",
  "replicaset-controller",
  "replicationcontroller-controller",
  "daemonset-controller",
  "node-lifecycle-controller",
  "taint-eviction-controller",
  "node-ipam-controller",
  "namespace-controller",
  "garbage-collector-controller",
  "pod-garbage-collector-controller",
  "serviceaccount-controller",
  "root-ca-certificate-publisher-controller",
  "disruption-controller",
  "endpointslice-controller",
  "service-cidr-controller",
  "certificatesigningrequest-approving-controller",
  "certificatesigningrequest-signing-controller",
  "certificatesigningrequest-cleaner-controller",
] as const;

export type ControllerName = (typeof controllerNames)[number];

export interface NodeLifecycleOptions {
  /** How often the health of all nodes is looked at, in milliseconds. Default 5 000. */
  readonly monitorPeriodMs?: number;
  /** How long a silent node counts as healthy. Default 50 000, as since Kubernetes 1.32; 40 000 before. */
  readonly monitorGracePeriodMs?: number;
  /** The same for a node that has never posted a Ready condition. Default 60 000. */
  readonly startupGracePeriodMs?: number;
  /** Nodes a second of a healthy zone that get the NoExecute taint. Default 0.1. */
  readonly evictionsPerSecond?: number;
  /** The same in a large zone that is unhealthy. Default 0.01. */
  readonly secondaryEvictionsPerSecond?: number;
  /** From which share of nodes that are not ready a zone is unhealthy. Default 0.55. */
  readonly unhealthyZoneThreshold?: number;
  /** An unhealthy zone of this many nodes or fewer is not evicted at all. Default 50. */
  readonly largeClusterSizeThreshold?: number;
}

export interface ControllersOptions {
  readonly client: Client;
  /**
   * Which controllers run. Default: all, but the root CA publisher only if `rootCaPem` is given, and
   * the signing controller only with `signCertificate`.
   */
  readonly only?: readonly ControllerName[];
  /** The certificate that ConfigMap `kube-root-ca.crt` of every namespace holds, as PEM. */
  readonly rootCaPem?: string;
  /** Signs the certificates of kubelets and other clients (`--cluster-signing-cert-file`). */
  readonly signCertificate?: CertificateSigner;
  readonly nodeLifecycle?: NodeLifecycleOptions;
  /** Where node-ipam takes podCIDRs from: an IPv4 network of at most 24 bits. Default 10.0.0.0/8. */
  readonly clusterCidr?: string;
  /** Ended pods beyond this many are deleted, oldest first; 0: none. Default 12 500. */
  readonly terminatedPodThreshold?: number;
}

export interface ResolvedControllerOptions {
  readonly only: ReadonlySet<ControllerName>;
  readonly rootCaPem: string | undefined;
  readonly signCertificate: CertificateSigner | undefined;
  readonly nodeLifecycle: Required<NodeLifecycleOptions>;
  readonly clusterCidr: string;
  readonly terminatedPodThreshold: number;
}

/** @throws OptionError for an unknown controller and for numbers out of range. */
export function resolveControllerOptions(
  options: Omit<ControllersOptions, "client">,
): ResolvedControllerOptions {
  const { only, rootCaPem, signCertificate } = options;
  const { clusterCidr = "10.0.0.0/8", terminatedPodThreshold = 12_500 } = options;
  parseClusterCidr(clusterCidr);
  for (const name of only ?? []) {
    if (controllerNames.includes(name)) continue;
    throw new OptionError(
      "controllers.only",
      `expected one of ${controllerNames.join(", ")}; found ${name}`,
    );
  }
  const lacksWhatItNeeds: Partial<Readonly<Record<ControllerName, boolean>>> = {
    "root-ca-certificate-publisher-controller": rootCaPem === undefined,
    "certificatesigningrequest-signing-controller": signCertificate === undefined,
  };
  const defaults = controllerNames.filter((name) => lacksWhatItNeeds[name] !== true);
  return {
    only: new Set(only ?? defaults),
    rootCaPem,
    signCertificate,
    nodeLifecycle: resolveNodeLifecycle(options.nodeLifecycle ?? {}),
    clusterCidr,
    terminatedPodThreshold,
  };
}

function resolveNodeLifecycle(options: NodeLifecycleOptions): Required<NodeLifecycleOptions> {
  const resolved = {
    monitorPeriodMs: 5_000,
    monitorGracePeriodMs: 50_000,
    startupGracePeriodMs: 60_000,
    evictionsPerSecond: 0.1,
    secondaryEvictionsPerSecond: 0.01,
    unhealthyZoneThreshold: 0.55,
    largeClusterSizeThreshold: 50,
    ...options,
  };
  for (const [name, value] of Object.entries(resolved)) {
    if (value >= 0) continue;
    throw new OptionError(
      `controllers.nodeLifecycle.${name}`,
      `must be at least 0; found ${value}`,
    );
  }
  if (resolved.monitorPeriodMs < 10) {
    throw new OptionError("controllers.nodeLifecycle.monitorPeriodMs", "must be at least 10");
  }
  return resolved;
}
