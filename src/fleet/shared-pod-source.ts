import type { Env } from "../base/env.ts";
import { type Client, type ReflectorStore, runReflector } from "../client/index.ts";
import { pods } from "../k8s/resources.ts";
import type { Container, Pod, PodSpec } from "../k8s/types/core.ts";
import type { ObjectMeta } from "../k8s/types/meta.ts";
import type { PodHandler, PodSource } from "../kubelet/index.ts";
import { sharedWatchRetryMaxMs } from "./watch-retry.ts";

export interface SharedPodSource extends PodSource, AsyncDisposable {
  /** Pods of the fleet's nodes that it knows. */
  readonly size: number;
}

export interface SharedPodSourceOptions {
  readonly client: Client;
  /** Pods of other nodes are dropped before anything is kept of them. */
  isOurs(nodeName: string): boolean;
}

interface NodePods {
  readonly byUid: Map<string, Pod>;
  handler: PodHandler | undefined;
}

const pageSize = 500;
/** All pods that are bound; the API server keeps an index of it for exact names only. */
const fieldSelector = "spec.nodeName!=";

/** One watch over all bound pods, dealt out to the kubelets of a fleet. */
export function createSharedPodSource(
  { client, isOurs }: SharedPodSourceOptions,
  env: Env,
): SharedPodSource {
  const store = createPodStore(isOurs);
  const stop = new AbortController();
  const running = runReflector(
    client,
    pods,
    { fieldSelector, pageSize, watchList: true, retryMaxMs: sharedWatchRetryMaxMs },
    store,
    env,
    stop.signal,
  );
  return {
    get size() {
      return store.size;
    },
    subscribe: (nodeName, handler) => store.subscribe(nodeName, handler),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the pod source was disposed"));
      await running;
    },
  };
}

interface PodStore extends ReflectorStore<Pod>, PodSource {
  readonly size: number;
}

/** Exported for its tests. */
export function createPodStore(isOurs: (nodeName: string) => boolean): PodStore {
  const byNode = new Map<string, NodePods>();
  /** UIDs of the list that is running. */
  let listed: Set<string> | undefined;
  let size = 0;

  const podsOf = (nodeName: string): NodePods => {
    let known = byNode.get(nodeName);
    if (known === undefined) {
      known = { byUid: new Map(), handler: undefined };
      byNode.set(nodeName, known);
    }
    return known;
  };

  const forget = (nodeName: string, node: NodePods, pod: Pod): void => {
    if (!node.byUid.delete(pod.metadata.uid)) return;
    size -= 1;
    if (node.byUid.size === 0 && node.handler === undefined) byNode.delete(nodeName);
    node.handler?.removed(pod);
  };

  return {
    get size() {
      return size;
    },
    beginList() {
      listed = new Set();
    },
    endList() {
      for (const [nodeName, node] of byNode) {
        for (const pod of [...node.byUid.values()]) {
          if (listed?.has(pod.metadata.uid) !== true) forget(nodeName, node, pod);
        }
      }
      listed = undefined;
    },
    apply(pod) {
      const { nodeName } = pod.spec;
      if (nodeName === undefined || !isOurs(nodeName)) return;
      const { uid, resourceVersion } = pod.metadata;
      listed?.add(uid);
      const node = podsOf(nodeName);
      const previous = node.byUid.get(uid);
      // A new list repeats what is known.
      if (previous?.metadata.resourceVersion === resourceVersion) return;
      if (previous === undefined) size += 1;
      const kept = trimPod(pod);
      node.byUid.set(uid, kept);
      node.handler?.changed(kept);
    },
    remove(pod) {
      const { nodeName } = pod.spec;
      const node = nodeName === undefined ? undefined : byNode.get(nodeName);
      if (nodeName === undefined || node === undefined) return;
      listed?.delete(pod.metadata.uid);
      forget(nodeName, node, pod);
    },
    subscribe(nodeName, handler) {
      const node = podsOf(nodeName);
      node.handler = handler;
      for (const pod of node.byUid.values()) handler.changed(pod);
      return () => {
        if (node.handler === handler) node.handler = undefined;
      };
    },
  };
}

/** What a kubelet needs of a pod: about a quarter of it. */
function trimPod(pod: Pod): Pod {
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: trimMeta(pod.metadata),
    spec: trimSpec(pod.spec),
    ...(pod.status === undefined ? {} : { status: pod.status }),
  };
}

function trimMeta(meta: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = meta;
  const { deletionTimestamp, deletionGracePeriodSeconds } = meta;
  return {
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(namespace === undefined ? {} : { namespace }),
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
  };
}

function trimSpec(spec: PodSpec): PodSpec {
  const { nodeName, restartPolicy, terminationGracePeriodSeconds, activeDeadlineSeconds } = spec;
  const { containers, initContainers, hostNetwork, overhead, readinessGates } = spec;
  return {
    containers: containers.map(trimContainer),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(trimContainer) }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
    ...(activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds }),
    ...(hostNetwork === undefined ? {} : { hostNetwork }),
    ...(overhead === undefined ? {} : { overhead }),
    ...(readinessGates === undefined ? {} : { readinessGates }),
  };
}

function trimContainer({ name, image, resources, restartPolicy }: Container): Container {
  return {
    name,
    image,
    ...(resources === undefined ? {} : { resources }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  };
}
