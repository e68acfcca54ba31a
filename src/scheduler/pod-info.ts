import { jsonEqual } from "../k8s/json.ts";
import { controllerOf } from "../k8s/owner-refs.ts";
import { podRequests } from "../k8s/pod-resources.ts";
import { QuantityError } from "../k8s/quantity.ts";
import type { Container, Pod, PodAffinity, PodAffinityTerm, PodSpec } from "../k8s/types/core.ts";
import { type AffinityTerm, createAffinityTerm, type NamespaceLabels } from "./affinity-term.ts";

interface ResourceRequest {
  readonly resource: string;
  /** Thousandths of cpu, units of all else; above 0. */
  readonly amount: number;
}

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

interface WeightedTerm {
  readonly term: AffinityTerm;
  readonly weight: number;
}

/** A pod as the scheduler looks at it: everything that is asked per node is worked out once. */
export interface PodInfo {
  /** What tells it from every other pod, also from one of the same name. */
  readonly uid: string;
  readonly pod: Pod;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly priority: number;
  readonly isTerminating: boolean;
  /** The uid of the controller that keeps replicas of this pod: those are spread. */
  readonly replicasOf: string | undefined;
  readonly requests: readonly ResourceRequest[];
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  /** The same with a guess for containers that ask for nothing, so that they count in scores. */
  readonly scoredCpuMilli: number;
  readonly scoredMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  /** Anti-affinity has negative weights. */
  readonly preferredAffinity: readonly WeightedTerm[];
}

/** What a container without requests counts for in scores (`pkg/scheduler/util/pod_resources.go`). */
const guessedRequests = { cpu: "100m", memory: "200Mi" };

const replicatingKinds: readonly (string | undefined)[] = [
  "ReplicaSet",
  "ReplicationController",
  "StatefulSet",
];

export function createPodInfo(pod: Pod, namespaceLabels: NamespaceLabels): PodInfo {
  const { spec, metadata } = pod;
  const namespace = metadata.namespace ?? "";
  const exact = requestsOf(spec);
  const scored = requestsOf(withGuesses(spec));
  const owner = controllerOf(metadata);
  const term = (wanted: PodAffinityTerm): AffinityTerm =>
    createAffinityTerm(wanted, namespace, namespaceLabels);
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const required = (affinity: PodAffinity | undefined): readonly AffinityTerm[] =>
    (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term);
  const preferred = (affinity: PodAffinity | undefined, sign: 1 | -1): readonly WeightedTerm[] =>
    (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm, weight }) => ({ term: term(podAffinityTerm), weight: weight * sign }),
    );
  return {
    uid: metadata.uid,
    pod,
    namespace,
    labels: metadata.labels,
    priority: spec.priority ?? 0,
    isTerminating: metadata.deletionTimestamp !== undefined,
    replicasOf: replicatingKinds.includes(owner?.kind) ? owner?.uid : undefined,
    requests: [...exact]
      .filter(([, amount]) => amount > 0)
      .map(([resource, amount]) => ({ resource, amount })),
    cpuMilli: exact.get("cpu") ?? 0,
    memoryBytes: exact.get("memory") ?? 0,
    scoredCpuMilli: scored.get("cpu") ?? 0,
    scoredMemoryBytes: scored.get("memory") ?? 0,
    hostPorts: spec.containers.flatMap((container) => hostPortsOf(container, spec)),
    requiredAffinity: required(podAffinity),
    requiredAntiAffinity: required(podAntiAffinity),
    preferredAffinity: [...preferred(podAffinity, 1), ...preferred(podAntiAffinity, -1)],
  };
}

/** Whether the two look the same to the scheduler, so that one can stand for the other. */
export function asksTheSame(left: Pod, right: Pod): boolean {
  const { metadata, spec } = left;
  const { metadata: otherMetadata, spec: otherSpec } = right;
  return (
    metadata.uid === otherMetadata.uid &&
    (metadata.deletionTimestamp === undefined) ===
      (otherMetadata.deletionTimestamp === undefined) &&
    jsonEqual(metadata.labels, otherMetadata.labels) &&
    jsonEqual(spec, otherSpec)
  );
}

function requestsOf(spec: PodSpec): ReadonlyMap<string, number> {
  try {
    return podRequests(spec);
  } catch (error) {
    // An API server lets no such quantity through; if one came nevertheless, all pods would wait.
    if (error instanceof QuantityError) return new Map();
    throw error;
  }
}

function withGuesses(spec: PodSpec): PodSpec {
  const guessed = (container: Container): Container => ({
    ...container,
    resources: { requests: { ...guessedRequests, ...container.resources?.requests } },
  });
  return {
    ...spec,
    containers: spec.containers.map(guessed),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(guessed) }),
  };
}

function hostPortsOf({ ports = [] }: Container, spec: PodSpec): readonly HostPort[] {
  return ports.flatMap(({ hostPort, containerPort, hostIP = "", protocol = "TCP" }) => {
    const port = hostPort ?? (spec.hostNetwork ? containerPort : 0);
    return port > 0 ? [{ ip: hostIP === "" ? "0.0.0.0" : hostIP, protocol, port }] : [];
  });
}
