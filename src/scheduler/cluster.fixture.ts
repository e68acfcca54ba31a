import type { Node, Pod, PodSpec } from "../k8s/types/core.ts";
import type { ObjectMeta } from "../k8s/types/meta.ts";
import { ClusterState } from "./cluster-state.ts";

const creationTimestamp = "2026-01-01T00:00:00Z";

type Labels = Readonly<Record<string, string>>;

export interface NodeSketch {
  readonly labels?: Labels;
  readonly taints?: NonNullable<Node["spec"]>["taints"];
  readonly unschedulable?: boolean;
  readonly allocatable?: Readonly<Record<string, string>>;
}

/** A node of 4 cores, 8Gi and 110 pods unless the sketch says otherwise. */
export function testNode(name: string, sketch: NodeSketch = {}): Node {
  const { labels, taints, unschedulable, allocatable } = sketch;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: `node-${name}`,
      resourceVersion: "1",
      creationTimestamp,
      labels: { "kubernetes.io/hostname": name, ...labels },
    },
    spec: { ...(taints && { taints }), ...(unschedulable === true && { unschedulable }) },
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "110", ...allocatable } },
  };
}

export interface PodSketch extends Partial<PodSpec> {
  readonly namespace?: string;
  readonly labels?: Labels;
  /** Of its one container, unless there are `containers`. */
  readonly requests?: Readonly<Record<string, string>>;
  /** The uid of the ReplicaSet that it belongs to. */
  readonly replicasOf?: string;
  readonly deletionTimestamp?: string;
}

export function testPod(name: string, sketch: PodSketch = {}): Pod {
  const {
    namespace = "default",
    labels,
    requests,
    replicasOf,
    deletionTimestamp,
    ...spec
  } = sketch;
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", controller: true };
  const metadata: ObjectMeta = {
    name,
    namespace,
    uid: `pod-${namespace}-${name}`,
    resourceVersion: "1",
    creationTimestamp,
    ...(labels && { labels }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(replicasOf === undefined ? {} : { ownerReferences: [{ ...owner, uid: replicasOf }] }),
  };
  const resources = requests && { resources: { requests } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: {
      containers: [{ name: "main", image: "nginx", ...resources }],
      schedulerName: "default-scheduler",
      ...spec,
    },
  };
}

/** A cluster of these nodes with pods on them, by node. */
export function testCluster(
  nodes: readonly Node[],
  podsByNode: Readonly<Record<string, readonly Pod[]>> = {},
): ClusterState {
  const cluster = new ClusterState();
  for (const node of nodes) cluster.setNode(node);
  for (const [nodeName, pods] of Object.entries(podsByNode)) {
    for (const pod of pods) cluster.place(cluster.podInfo(pod), nodeName);
  }
  return cluster;
}
