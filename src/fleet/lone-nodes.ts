import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { nodes as nodeResource } from "../k8s/resources.ts";
import {
  createHollowBehavior,
  fleetLabel,
  type KubeletObserver,
  type PodBehavior,
} from "../kubelet/index.ts";
import { createSharedRules, type ProxyObserver } from "../proxy/index.ts";
import type { FleetClients, FleetOptions, NodeAccess } from "./fleet-options.ts";
import { type FleetStatus, failureGroups } from "./fleet-status.ts";
import { createLeaseCounter, type LeaseCounter } from "./lease-counter.ts";
import type { NodePool } from "./node-pool.ts";
import { NodeProcess } from "./node-process.ts";
import { createPodCounter } from "./pod-counter.ts";
import type { RunningFleet } from "./running-fleet.ts";

/**
 * How many nodes register at once, unless the options say otherwise. More would not be quicker: what
 * is under way is in the way of the garbage collector.
 */
export const defaultStartsInFlight = 100;
const startTickMs = 20;
/** `nodeLeaseDurationSeconds` of the kubelet. */
const defaultLeaseS = 40;

/** What nodes that run by themselves need of a fleet's clients. */
export type LoneNodesClients = Pick<FleetClients, "client" | "nodes">;

/**
 * Starts nodes that run by themselves, each as a kubelet and a proxy of its own, a bounded number at a
 * time.
 *
 * @throws ApiError, TransportError
 */
export async function startLoneNodes(
  pool: NodePool,
  options: FleetOptions,
  clients: LoneNodesClients,
  env: Env,
  signal: AbortSignal,
): Promise<RunningFleet> {
  // Asked once: what may not be read here, no node may read, and each would try again for ever.
  const labelSelector = `${fleetLabel}=${pool.fleet}`;
  await clients.client.list(nodeResource, { labelSelector, limit: 1, signal });
  return new LoneNodes(pool, options, clients, env);
}

class LoneNodes implements RunningFleet {
  readonly #nodes: readonly NodeProcess[];
  readonly #startsInFlight: number;
  readonly #env: Env;
  /** Started, and not yet far enough for others to start. */
  #starting: NodeProcess[] = [];
  #started = 0;
  #timer: Timer | undefined;
  #reregistrations = 0;
  readonly #leases: LeaseCounter;
  readonly #pods = createPodCounter();

  constructor(
    pool: NodePool,
    options: FleetOptions,
    { nodes: access }: LoneNodesClients,
    env: Env,
  ) {
    this.#env = env;
    this.#startsInFlight = options.registrationsInFlight ?? defaultStartsInFlight;
    const behavior: PodBehavior = options.behavior ?? createHollowBehavior({}, env);
    const { tally } = this.#pods;
    this.#leases = createLeaseCounter(env);
    const observer = this.#observer(access, options);
    const rules = createSharedRules(env);
    // The metric of programming latency comes with the rules.
    const proxyObserver: ProxyObserver = {
      networkProgrammed() {},
      limiterWaited: access.limiterWaited,
    };
    const random = env.random.stream("node-processes");
    this.#nodes = pool.nodes.map(({ node, podRange }) => {
      const kubelet = {
        node,
        podRange,
        habits: pool.habits.ofKubelet(node.template.kubeletVersion),
        behavior,
        tally,
        observer,
      };
      const ofProxy = pool.habits.ofProxy(node.template.kubeletVersion);
      const proxy =
        ofProxy === undefined
          ? undefined
          : { nodeName: node.name, habits: ofProxy, rules, observer: proxyObserver };
      return new NodeProcess({ access, kubelet, proxy, logs: options.nodeLogs, random }, env);
    });
    this.#startSome();
  }

  status(): FleetStatus {
    let registered = 0;
    let ready = 0;
    for (const node of this.#nodes) {
      if (node.isRegistered) registered += 1;
      if (node.isReady) ready += 1;
    }
    return {
      nodes: { wanted: this.#nodes.length, registered, ready },
      failures: failureGroups(this.#nodes),
      reregistrations: this.#reregistrations,
      leases: { ...this.#leases.counts },
      pods: { ...this.#pods.counts },
    };
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }

  #startSome(): void {
    this.#starting = this.#starting.filter((node) => !node.isUnderWay);
    while (this.#starting.length < this.#startsInFlight) {
      const node = this.#nodes[this.#started];
      if (node === undefined) return;
      this.#started += 1;
      node.start();
      this.#starting.push(node);
    }
    this.#timer = this.#env.clock.schedule(startTickMs, () => this.#startSome());
  }

  #observer({ limiterWaited }: NodeAccess, { kubelet }: FleetOptions): KubeletObserver {
    const leases = this.#leases;
    const leaseMs = (kubelet?.nodeLeaseDurationSeconds ?? defaultLeaseS) * 1_000;
    // A kubelet renews after a quarter of that, up to 4 % later.
    const latestMs = (leaseMs / 4) * 1.04;
    return {
      leaseRenewed: (gapMs = 0) => leases.renewed(Math.max(0, gapMs - latestMs), gapMs),
      leaseFailed: () => leases.failed(),
      reregistered: () => {
        this.#reregistrations += 1;
      },
      limiterWaited,
    };
  }
}
