import type { Env } from "../base/env.ts";
import type { Client } from "../client/index.ts";
import type { Node } from "../k8s/types/core.ts";
import type { IpRange } from "./ip-range.ts";
import { createNodeLease, type LeaseRenewal, type NodeLease } from "./node-lease.ts";
import { ensureCsiNode, type Registration, registerNode } from "./node-registration.ts";
import { postNodeStatus } from "./node-status.ts";
import type { NodeIdentity } from "./node-template.ts";
import type { PodBehavior } from "./pod-behavior.ts";
import type { PodSource } from "./pod-source.ts";
import { createPodWorkers, type PodTally, type PodWorkers } from "./pod-workers.ts";
import type { StatusWriter } from "./status-writer.ts";

export interface KubeletOptions {
  readonly node: NodeIdentity;
  /** Where pod addresses come from unless the node has a `podCIDR`. */
  readonly podRange: IpRange;
}

/** What a kubelet works with; a fleet shares it among its kubelets, or gives each its own. */
export interface KubeletServices {
  readonly client: Client;
  /** Carries Leases and heartbeats, so that pod work never delays them. */
  readonly heartbeatClient: Client;
  readonly podSource: PodSource;
  readonly statusWriter: StatusWriter;
  readonly behavior: PodBehavior;
  readonly tally: PodTally;
}

/**
 * One hollow node. It does what it is told when it is told: who calls `renewLease` each 10 s and
 * `postStatus` each 5 min is the fleet, which spreads the calls of all its kubelets over time.
 */
export interface HollowKubelet extends Disposable {
  readonly nodeName: string;
  /** Of the Node it is registered as; undefined before. */
  readonly nodeUid: string | undefined;
  /** Pods on the node. */
  readonly pods: number;
  /**
   * Makes the Node and starts to run its pods.
   *
   * @param known the Node, when it is known to exist
   * @throws ApiError or TransportError
   */
  register(known: Node | undefined, signal: AbortSignal): Promise<Registration>;
  /** Makes the CSINode. Once it is registered. @throws ApiError or TransportError */
  ensureCsiNode(signal: AbortSignal): Promise<void>;
  /** Once it is registered. @throws TransportError */
  renewLease(signal: AbortSignal): Promise<LeaseRenewal>;
  /** Once it is registered. Returns the HTTP status. @throws TransportError */
  postStatus(what: "changed" | "heartbeat", signal: AbortSignal): Promise<number>;
  /** What the API server says of the Node: its pod range. */
  observe(node: Node): void;
}

export function createHollowKubelet(
  options: KubeletOptions,
  services: KubeletServices,
  env: Env,
): HollowKubelet {
  return new Kubelet(options, services, env);
}

/** A class, since there are thousands of them. */
class Kubelet implements HollowKubelet {
  readonly #node: NodeIdentity;
  readonly #services: KubeletServices;
  readonly #env: Env;
  readonly #workers: PodWorkers;
  #lease: NodeLease | undefined;
  #podCidrs: readonly string[] = [];
  #unsubscribe: (() => void) | undefined;
  #disposed = false;

  constructor({ node, podRange }: KubeletOptions, services: KubeletServices, env: Env) {
    const { behavior, statusWriter, tally } = services;
    this.#node = node;
    this.#services = services;
    this.#env = env;
    const habits = node.template.habits.pods;
    const options = { node, podRange, habits, behavior, statusWriter, tally };
    this.#workers = createPodWorkers(options, env);
  }

  get nodeName(): string {
    return this.#node.name;
  }

  get nodeUid(): string | undefined {
    return this.#lease?.nodeUid;
  }

  get pods(): number {
    return this.#workers.size;
  }

  async register(known: Node | undefined, signal: AbortSignal): Promise<Registration> {
    const { client, podSource } = this.#services;
    const registration = await registerNode(this.#node, known, client, this.#env, signal);
    if (registration.kind === "foreign" || this.#disposed) return registration;
    const { uid } = registration.node.metadata;
    if (this.#lease === undefined) this.#lease = createNodeLease(this.#node, uid);
    else this.#lease.nodeUid = uid;
    this.observe(registration.node);
    this.#unsubscribe ??= podSource.subscribe(this.#node.name, this.#workers);
    return registration;
  }

  async ensureCsiNode(signal: AbortSignal): Promise<void> {
    if (this.#lease === undefined) return;
    await ensureCsiNode(this.#node, this.#lease.nodeUid, this.#services.client, signal);
  }

  async renewLease(signal: AbortSignal): Promise<LeaseRenewal> {
    if (this.#lease === undefined) return { kind: "refused", code: 404 };
    return this.#lease.renew(this.#services.heartbeatClient, this.#env.clock.nowMs(), signal);
  }

  postStatus(what: "changed" | "heartbeat", signal: AbortSignal): Promise<number> {
    const { heartbeatClient } = this.#services;
    return postNodeStatus(this.#node.name, what, heartbeatClient, this.#env.clock.nowMs(), signal);
  }

  observe({ spec }: Node): void {
    const cidrs = spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]);
    if (cidrs.length === 0 || cidrs.join() === this.#podCidrs.join()) return;
    this.#podCidrs = cidrs;
    this.#workers.usePodCidrs(cidrs);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#unsubscribe?.();
    this.#workers[Symbol.dispose]();
  }
}
