import type { RandomStream } from "../base/random.ts";
import { toTime } from "../base/rfc3339.ts";
import type { Node, NodeStatus, NodeSystemInfo } from "../k8s/types/core.ts";
import type { Condition, ToCreate } from "../k8s/types/meta.ts";
import type { CsiNode } from "../k8s/types/storage.ts";
import { fleetLabel, hollowNodeLabel, type NodeIdentity } from "./node-template.ts";
import type { NodeHabits } from "./profiles/habits.ts";

const kubeletPort = 10_250;
export const daemonEndpoints: NonNullable<NodeStatus["daemonEndpoints"]> = {
  kubeletEndpoint: { Port: kubeletPort },
};

/** Leaves attaching and detaching volumes to the controller manager. */
export const controllerAttachDetachAnnotation =
  "volumes.kubernetes.io/controller-managed-attach-detach";

/** The Node as a kubelet registers it (`pkg/kubelet/kubelet_node_status.go`, initialNode). */
export function nodeObject(
  node: NodeIdentity,
  habits: NodeHabits,
  status: NodeStatus,
): ToCreate<Node> {
  const { name, template } = node;
  const { controllerAttachDetach, providerScheme } = habits;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: nodeLabels(node),
      ...(controllerAttachDetach ? { annotations: attachDetachAnnotations } : {}),
    },
    spec: {
      providerID: `${providerScheme}://${name}`,
      ...(template.taints.length === 0 ? {} : { taints: template.taints }),
    },
    status,
  };
}

const attachDetachAnnotations = { [controllerAttachDetachAnnotation]: "true" };

function nodeLabels(node: NodeIdentity): Readonly<Record<string, string>> {
  const { template } = node;
  return {
    ...defaultLabels(node),
    ...template.labels,
    [hollowNodeLabel]: "true",
    [fleetLabel]: template.fleet,
  };
}

/** Those that a kubelet sets of itself, and sets right again on a Node that it finds. */
export function defaultLabels({ name }: NodeIdentity): Readonly<Record<string, string>> {
  return {
    "beta.kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
  };
}

/**
 * The status of a node that is Ready from the start, where a kubelet registers NotReady and patches
 * its status 0.3 s later. That saves one request a node.
 */
export function readyStatus(
  node: NodeIdentity,
  habits: NodeHabits,
  random: RandomStream,
  nowMs: number,
): NodeStatus {
  const { template } = node;
  return {
    capacity: template.capacity,
    allocatable: template.capacity,
    conditions: nodeConditions(nowMs, "changed"),
    addresses: nodeAddresses(node),
    daemonEndpoints,
    nodeInfo: nodeInfoOf(habits, random),
  };
}

export function nodeAddresses({ name, ip }: NodeIdentity): NonNullable<NodeStatus["addresses"]> {
  return [
    { type: "InternalIP", address: ip },
    { type: "Hostname", address: name },
  ];
}

/** What one machine is. @param random the same for the same node, so that it stays the same machine. */
export function nodeInfoOf(
  { distinctMachines, nodeInfo }: NodeHabits,
  random: RandomStream,
): NodeSystemInfo {
  if (!distinctMachines) return nodeInfo;
  const systemUuid = random.uuid();
  return {
    ...nodeInfo,
    machineID: systemUuid.replaceAll("-", ""),
    systemUUID: systemUuid,
    bootID: random.uuid(),
  };
}

type StateOfCondition = Required<Pick<Condition, "type" | "status" | "reason" | "message">>;

/** The conditions of a node that has enough of everything, in the order in which a kubelet sets them. */
export const pressureConditions: readonly StateOfCondition[] = [
  {
    type: "MemoryPressure",
    status: "False",
    reason: "KubeletHasSufficientMemory",
    message: "kubelet has sufficient memory available",
  },
  {
    type: "DiskPressure",
    status: "False",
    reason: "KubeletHasNoDiskPressure",
    message: "kubelet has no disk pressure",
  },
  {
    type: "PIDPressure",
    status: "False",
    reason: "KubeletHasSufficientPID",
    message: "kubelet has sufficient PID available",
  },
];

/** @param notReady why it is not; undefined when it is. */
export function readyCondition(notReady: string | undefined): StateOfCondition {
  return notReady === undefined
    ? readyConditionState
    : { type: "Ready", status: "False", reason: "KubeletNotReady", message: notReady };
}

const readyConditionState: StateOfCondition = {
  type: "Ready",
  status: "True",
  reason: "KubeletReady",
  message: "kubelet is posting ready status",
};

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
  return [...pressureConditions, readyConditionState].map((state) => ({ ...state, ...times }));
}

/** The CSINode of a node without drivers: schedulers wait for it before they count volumes. */
export function csiNodeObject(
  nodeName: string,
  nodeUid: string,
  metadata: Pick<CsiNode["metadata"], "labels"> | Pick<CsiNode["metadata"], "annotations">,
): ToCreate<CsiNode> {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: {
      name: nodeName,
      ...metadata,
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid: nodeUid }],
    },
    spec: { drivers: null },
  };
}
