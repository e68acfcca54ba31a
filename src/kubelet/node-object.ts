import type { RandomStream } from "../base/random.ts";
import { toTime } from "../base/rfc3339.ts";
import type { Node, NodeStatus, NodeSystemInfo } from "../k8s/types/core.ts";
import type { Condition, ToCreate } from "../k8s/types/meta.ts";
import type { CsiNode } from "../k8s/types/storage.ts";
import { runtimeName } from "./container-status.ts";
import { fleetLabel, hollowNodeLabel, type NodeIdentity } from "./node-template.ts";

const kubeletPort = 10_250;
const architecture = "amd64";
const operatingSystem = "linux";

/**
 * The Node as a kubelet registers it (`pkg/kubelet/kubelet_node_status.go`), with one difference:
 * it is Ready from the start, where a kubelet registers NotReady and patches its status 0.3 s later.
 * That saves one request a node.
 */
export function nodeObject(
  node: NodeIdentity,
  random: RandomStream,
  nowMs: number,
): ToCreate<Node> {
  const { name, template } = node;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: nodeLabels(node) },
    spec: {
      providerID: `${runtimeName}://${name}`,
      ...(template.taints.length === 0 ? {} : { taints: template.taints }),
    },
    status: nodeStatus(node, random, nowMs),
  };
}

function nodeLabels({ name, template }: NodeIdentity): Readonly<Record<string, string>> {
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": operatingSystem,
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": operatingSystem,
    ...template.labels,
    [hollowNodeLabel]: "true",
    [fleetLabel]: template.fleet,
  };
}

export function nodeStatus(node: NodeIdentity, random: RandomStream, nowMs: number): NodeStatus {
  const { name, ip, template } = node;
  return {
    capacity: template.capacity,
    allocatable: template.capacity,
    conditions: nodeConditions(nowMs, "changed"),
    addresses: [
      { type: "InternalIP", address: ip },
      { type: "Hostname", address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    nodeInfo: nodeInfo(template.kubeletVersion, random),
  };
}

/**
 * The four conditions of a healthy node. `lastTransitionTime` is for when they have changed, or
 * might have; a patch without it leaves it as it is.
 */
export function nodeConditions(nowMs: number, what: "changed" | "heartbeat"): readonly Condition[] {
  const nowText = toTime(nowMs);
  const times =
    what === "changed"
      ? { lastHeartbeatTime: nowText, lastTransitionTime: nowText }
      : { lastHeartbeatTime: nowText };
  return [
    {
      type: "MemoryPressure",
      status: "False",
      reason: "KubeletHasSufficientMemory",
      message: "kubelet has sufficient memory available",
      ...times,
    },
    {
      type: "DiskPressure",
      status: "False",
      reason: "KubeletHasNoDiskPressure",
      message: "kubelet has no disk pressure",
      ...times,
    },
    {
      type: "PIDPressure",
      status: "False",
      reason: "KubeletHasSufficientPID",
      message: "kubelet has sufficient PID available",
      ...times,
    },
    {
      type: "Ready",
      status: "True",
      reason: "KubeletReady",
      message: "kubelet is posting ready status",
      ...times,
    },
  ];
}

/** The CSINode of a node without drivers: schedulers wait for it before they count volumes. */
export function csiNodeObject(
  { name, template }: NodeIdentity,
  nodeUid: string,
): ToCreate<CsiNode> {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: {
      name,
      labels: { [fleetLabel]: template.fleet },
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid: nodeUid }],
    },
    spec: { drivers: null },
  };
}

function nodeInfo(kubeletVersion: string, random: RandomStream): NodeSystemInfo {
  const systemUuid = random.uuid();
  return {
    machineID: systemUuid.replaceAll("-", ""),
    systemUUID: systemUuid,
    bootID: random.uuid(),
    kernelVersion: "6.1.0-hollow",
    osImage: "Hollowmark",
    containerRuntimeVersion: `${runtimeName}://0.1.0`,
    kubeletVersion,
    // Kubelets of 1.33 and later leave it empty.
    kubeProxyVersion: minorOf(kubeletVersion) < 33 ? kubeletVersion : "",
    operatingSystem,
    architecture,
  };
}

function minorOf(version: string): number {
  return Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? "0");
}
