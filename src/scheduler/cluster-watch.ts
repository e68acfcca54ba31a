import type { Informer } from "../client/index.ts";
import type { Namespace, Node, Pod, Service } from "../k8s/types/core.ts";
import type { AssumedPods } from "./assumed-pods.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { FilterName } from "./filters/filter.ts";
import { asksTheSame } from "./pod-info.ts";
import type { SchedulingQueue } from "./scheduling-queue.ts";

export interface WatchedInformers {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly namespaces: Informer<Namespace>;
  readonly services: Informer<Service>;
}

export interface WatchTargets {
  readonly cluster: ClusterState;
  readonly queue: SchedulingQueue;
  readonly assumed: AssumedPods;
  readonly schedulerName: string;
}

/** Who may think again when a pod comes to a node, and who when one goes. */
export const changedByArrival: readonly FilterName[] = ["PodTopologySpread", "InterPodAffinity"];
export const changedByDeparture: readonly FilterName[] = [
  "NodeResourcesFit",
  "NodePorts",
  "PodTopologySpread",
  "InterPodAffinity",
];

/** Carries what the watches show into the state and the queue (`pkg/scheduler/eventhandlers.go`). */
export function followCluster(informers: WatchedInformers, targets: WatchTargets): void {
  followNodes(informers.nodes, targets);
  followSelectors(informers, targets);
  followPods(informers.pods, targets);
}

function followNodes(nodes: Informer<Node>, { cluster, queue }: WatchTargets): void {
  const set = (node: Node): void => {
    if (cluster.setNode(node) === "relevant") queue.wake();
  };
  nodes.subscribe({
    added: set,
    updated: set,
    deleted({ metadata }) {
      cluster.removeNode(metadata.name);
      queue.wake(["PodTopologySpread"]);
    },
  });
}

function followSelectors(
  { namespaces, services }: WatchedInformers,
  { cluster, queue }: WatchTargets,
): void {
  const setNamespace = (namespace: Namespace): void => {
    cluster.setNamespace(namespace);
    queue.wake(["InterPodAffinity"]);
  };
  namespaces.subscribe({
    added: setNamespace,
    updated: setNamespace,
    deleted: ({ metadata }) => cluster.removeNamespace(metadata.name),
  });
  services.subscribe({
    added: (service) => cluster.setService(service),
    updated: (service) => cluster.setService(service),
    deleted: (service) => cluster.removeService(service),
  });
}

function followPods(pods: Informer<Pod>, targets: WatchTargets): void {
  const { cluster, queue, assumed, schedulerName } = targets;

  const onPlaced = (pod: Pod, nodeName: string): void => {
    const { uid } = pod.metadata;
    queue.remove(uid);
    const isConfirmed = assumed.settle(uid);
    const known = cluster.placementOf(uid);
    if (known?.nodeName === nodeName && (isConfirmed || asksTheSame(known.info.pod, pod))) return;
    cluster.place(cluster.podInfo(pod), nodeName);
    queue.wake(known === undefined ? changedByArrival : changedByDeparture);
  };

  const onUnplaced = (pod: Pod): void => {
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) queue.remove(uid);
    else if (pod.spec.schedulerName === schedulerName && !assumed.has(uid)) {
      queue.set(cluster.podInfo(pod));
    }
  };

  const onGone = ({ metadata: { uid } }: Pod): void => {
    queue.remove(uid);
    assumed.settle(uid);
    if (cluster.displace(uid)) queue.wake(changedByDeparture);
  };

  const onSet = (pod: Pod): void => {
    const { nodeName } = pod.spec;
    if (nodeName !== undefined && nodeName !== "") onPlaced(pod, nodeName);
    else onUnplaced(pod);
  };

  pods.subscribe({
    added: onSet,
    updated(pod, previous) {
      // Another pod of the same name: the watch was broken while one went and one came.
      if (pod.metadata.uid !== previous.metadata.uid) onGone(previous);
      onSet(pod);
    },
    deleted: onGone,
  });
}
