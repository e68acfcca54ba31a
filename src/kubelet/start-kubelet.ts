import type { Env } from "../base/env.ts";
import {
  createComponentClient,
  createEventRecorder,
  createTokenBucket,
  type EventRecorder,
} from "../client/index.ts";
import { isConditionTrue } from "../k8s/conditions.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import { initializeCsiNode } from "./csi-node-loop.ts";
import type { KubeletParts } from "./kubelet-parts.ts";
import { startWatches } from "./kubelet-watches.ts";
import { LeaseLoop } from "./lease-loop.ts";
import { foreignNode, OwnNode } from "./own-node.ts";
import { createPodManager, type PodManager } from "./pod-manager.ts";
import { heartbeatTimeout } from "./profiles/kubelet-habits.ts";
import type { NodeFailure, RunningKubelet, RunningKubeletOptions } from "./running-kubelet.ts";
import { type StatusListener, StatusLoop } from "./status-loop.ts";

/**
 * Starts a kubelet that runs by itself. Its access stays its caller's, who ends it after the kubelet.
 *
 * What goes on the wire is what `pkg/kubelet/kubelet.go` (NewMainKubelet, Run) puts there.
 */
export function startKubelet(options: RunningKubeletOptions, env: Env): RunningKubelet {
  const kubelet = new Kubelet(options, env);
  kubelet.start();
  return kubelet;
}

/** A class, since there are thousands of them. */
class Kubelet implements RunningKubelet, StatusListener {
  readonly #options: RunningKubeletOptions;
  readonly #env: Env;
  readonly #end = new AbortController();
  readonly #parts: KubeletParts;
  readonly #lease: LeaseLoop;
  readonly #status: StatusLoop;
  readonly #pods: PodManager;
  readonly #recorder: EventRecorder | undefined;
  #watches: readonly Promise<void>[] = [];
  #podCidrs = "";
  #isRegistered = false;
  failure: NodeFailure | undefined;

  constructor(options: RunningKubeletOptions, env: Env) {
    const { node, habits, observer, behavior, tally, podRange } = options;
    this.#options = options;
    this.#env = env;
    const { signal } = this.#end;
    const { client, heartbeats, eventClient } = createClients(options, env);
    this.#parts = {
      node,
      habits,
      client,
      heartbeats,
      ownNode: new OwnNode(() => this.#observeNode()),
      observer,
      env,
      random: env.random.stream(`kubelet/${node.name}`),
      signal,
      untilEnd: { signal },
      mayWrite: () => this.#mayWrite(),
    };
    this.#recorder = habits.switches.Events
      ? createEventRecorder({ client: eventClient(), component: "kubelet", host: node.name }, env)
      : undefined;
    this.#lease = new LeaseLoop(this.#parts);
    this.#status = new StatusLoop(this.#parts, this);
    this.#pods = createPodManager(
      {
        node,
        podRange,
        habits: habits.pods,
        client,
        behavior,
        tally,
        recorder: this.#recorder,
        imagePulled: (image) => this.#status.imagePulled(image),
      },
      env,
    );
  }

  start(): void {
    void this.#makeCsiNode(false);
    this.#watches = startWatches(this.#parts, this.#pods);
    this.#event("Starting", "Starting kubelet.");
    this.#event("InvalidDiskCapacity", "invalid capacity 0 on image filesystem", "Warning");
    this.#event("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
    this.#status.start();
    this.#lease.start();
  }

  get nodeName(): string {
    return this.#options.node.name;
  }

  get state(): RunningKubelet["state"] {
    if (!this.#isRegistered) return "starting";
    const { ownNode } = this.#parts;
    return ownNode.hasSynced && ownNode.node === undefined ? "deleted" : "registered";
  }

  get ready(): boolean {
    return isConditionTrue(this.#parts.ownNode.node?.status?.conditions, "Ready");
  }

  get pods(): number {
    return this.#pods.size;
  }

  registered(again: boolean): void {
    this.#isRegistered = true;
    this.failure = undefined;
    if (!again) return;
    this.#options.observer.reregistered();
    this.#lease.changeOwner();
    void this.#makeCsiNode(true);
  }

  registrationFailed(failure: NodeFailure): void {
    this.failure = failure;
    // What belongs to somebody else is not even watched any longer.
    if (failure.reason === "NodeNotOurs") this.#stop();
  }

  nodeEvent(reason: string): void {
    this.#event(reason, `Node ${this.nodeName} status is now: ${reason}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.#pods[Symbol.asyncDispose]();
    await this.#recorder?.[Symbol.asyncDispose]();
    await Promise.all(this.#watches);
  }

  #stop(): void {
    this.#end.abort();
    this.#status.stop();
    this.#lease.stop();
  }

  async #makeCsiNode(again: boolean): Promise<void> {
    try {
      await initializeCsiNode(this.#parts, again, (message) => {
        this.#status.notReady = message;
      });
      this.#status.notReady = undefined;
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#env.log.warn("a CSINode was not made", { node: this.nodeName, error });
    }
  }

  async #mayWrite(): Promise<boolean> {
    if (this.#isRegistered) return true;
    const { ownNode, node } = this.#parts;
    if (!ownNode.hasSynced) await ownNode.synced();
    return ownNode.node === undefined || foreignNode(node, ownNode.node) === undefined;
  }

  #observeNode(): void {
    const spec = this.#parts.ownNode.node?.spec;
    const cidrs = spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]);
    const text = cidrs.join();
    if (text === "" || text === this.#podCidrs) return;
    this.#podCidrs = text;
    this.#pods.usePodCidrs(cidrs);
  }

  /** Events of a node name it by its name in place of its UID, as a kubelet's do. */
  #event(reason: string, message: string, type: "Normal" | "Warning" = "Normal"): void {
    const { node } = this.#options;
    const metadata = { name: node.name, uid: node.name } as KubeObject["metadata"];
    this.#recorder?.event({ apiVersion: "v1", kind: "Node", metadata }, type, reason, message);
  }
}

function createClients({ access, habits, observer }: RunningKubeletOptions, env: Env) {
  const { userAgent, contentType, qps, burst } = habits;
  const common = { access, userAgent, contentType };
  const waited = (waitedMs: number): void => observer.limiterWaited(waitedMs);
  const limiter = createTokenBucket({ qps, burst, waited }, env);
  return {
    client: createComponentClient({ ...common, limiter }, env),
    heartbeats: createComponentClient({ ...common, requestTimeout: heartbeatTimeout(habits) }, env),
    /** `eventRecordQPS` and `eventBurst` are the client's limits too, by default. */
    eventClient: () =>
      createComponentClient({ ...common, limiter: createTokenBucket(eventLimits, env) }, env),
  };
}

const eventLimits = { qps: 50, burst: 100 };
