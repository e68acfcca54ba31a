import { sleep } from "../base/clock.ts";
import { type ReflectorOptions, type ReflectorStore, runReflector } from "../client/index.ts";
import {
  csiDrivers,
  nodes,
  pods,
  type Resource,
  runtimeClasses,
  services,
} from "../k8s/resources.ts";
import type { Pod } from "../k8s/types/core.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { KubeletParts } from "./kubelet-parts.ts";
import type { PodHandler } from "./pod-source.ts";

/** How often the source of the pods looks whether the Node is known, in milliseconds. */
const nodeSyncEveryMs = 1_000;

/** For what a kubelet watches and a hollow one has no use for. */
const forgetful: ReflectorStore<KubeObject> = {
  beginList() {},
  endList() {},
  apply() {},
  remove() {},
};

/**
 * Starts the watches that every kubelet has: its Node, Services, CSIDrivers, RuntimeClasses, and,
 * once its Node is known or known not to be there, its pods. The promises resolve at the end of the
 * kubelet.
 */
export function startWatches(parts: KubeletParts, handler: PodHandler): readonly Promise<void>[] {
  const { habits, node, ownNode } = parts;
  const { serviceSelector } = habits;
  const serviceFields = serviceSelector === undefined ? {} : { fieldSelector: serviceSelector };
  return [
    watch(parts, nodes, { fieldSelector: `metadata.name=${node.name}` }, ownNode),
    watch(parts, services, serviceFields, forgetful),
    watchPods(parts, handler),
    watch(parts, csiDrivers, {}, forgetful),
    watch(parts, runtimeClasses, {}, forgetful),
  ];
}

function watch<T extends KubeObject>(
  { client, habits, env, signal }: KubeletParts,
  resource: Resource<T>,
  options: Pick<ReflectorOptions, "fieldSelector" | "informerTimeout">,
  store: ReflectorStore<T>,
): Promise<void> {
  const { watchList } = habits;
  return runReflector(
    client,
    resource,
    { informerTimeout: true, ...options, pageSize: 500, watchList, retryMaxMs: 30_000 },
    store,
    env,
    signal,
  );
}

/** `pkg/kubelet/config/apiserver.go`, NewSourceApiserver: no informer, so its watches say no `timeout`. */
async function watchPods(parts: KubeletParts, handler: PodHandler): Promise<void> {
  const { env, node, ownNode, signal } = parts;
  try {
    // The first look comes before any answer can.
    do await sleep(env.clock, nodeSyncEveryMs, signal);
    while (!ownNode.hasSynced);
  } catch {
    return; // The kubelet has ended.
  }
  const options = { fieldSelector: `spec.nodeName=${node.name}`, informerTimeout: false };
  await watch(parts, pods, options, new PodLister(handler));
}

/** Tells a handler what has become of the pods of one node. */
class PodLister implements ReflectorStore<Pod> {
  readonly #handler: PodHandler;
  /** By UID, as last seen. Made with the first pod: most nodes have none for long. */
  #pods: Map<string, Pod> | undefined;
  #listed: Set<string> | undefined;

  constructor(handler: PodHandler) {
    this.#handler = handler;
  }

  beginList(): void {
    this.#listed = new Set();
  }

  endList(): void {
    const listed = this.#listed;
    this.#listed = undefined;
    if (listed === undefined || this.#pods === undefined) return;
    for (const [uid, pod] of this.#pods) if (!listed.has(uid)) this.remove(pod);
  }

  apply(pod: Pod): void {
    const { uid } = pod.metadata;
    this.#pods ??= new Map();
    this.#pods.set(uid, pod);
    this.#listed?.add(uid);
    this.#handler.changed(pod);
  }

  remove(pod: Pod): void {
    if (this.#pods?.delete(pod.metadata.uid)) this.#handler.removed(pod);
  }
}
