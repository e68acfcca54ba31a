import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { isConditionTrue } from "../k8s/conditions.ts";
import { nodes as nodeResource } from "../k8s/resources.ts";
import type { Node } from "../k8s/types/core.ts";
import {
  createHollowBehavior,
  createHollowKubelet,
  createStatusWriter,
  fleetLabel,
  type KubeletServices,
  type StatusWriter,
} from "../kubelet/index.ts";
import { type CsiNodeLane, createCsiNodeLane } from "./csi-node-lane.ts";
import { createFleetNode, type FleetNode } from "./fleet-node.ts";
import type { FleetClients, FleetOptions } from "./fleet-options.ts";
import { type FleetStatus, failureGroups } from "./fleet-status.ts";
import { createLeaseLane, type LeaseLane } from "./lease-lane.ts";
import type { NodePool } from "./node-pool.ts";
import { createPodCounter } from "./pod-counter.ts";
import { createRegistrar, type Registrar } from "./registrar.ts";
import { createSharedNodeSource, type SharedNodeSource } from "./shared-node-source.ts";
import { createSharedPodSource, type SharedPodSource } from "./shared-pod-source.ts";
import { createStatusLane, type StatusLane } from "./status-lane.ts";

/** The nodes of a fleet at work. */
export interface RunningFleet {
  status(): FleetStatus;
  /** Ends all loops, and waits a moment for the requests under way. */
  close(): Promise<void>;
  /** Rejects, with a FleetError, when they can go on no more. Never resolves. Absent: that does not happen. */
  readonly failed?: Promise<never>;
}

/** Starts all nodes of a pool. @throws FleetError, ApiError, TransportError, or the signal's reason */
export type StartNodes = (pool: NodePool, signal: AbortSignal) => Promise<RunningFleet>;

/** How long nodes that were deleted together take to come back, in milliseconds. */
const reregisterWithinMs = 1_000;
/** How long requests under way are waited for when the fleet stops. */
const closeGraceMs = 500;
/** How long the watch over the Nodes may take to say which exist. */
const syncTimeoutMs = 10_000;

/** Learns which Nodes of the fleet exist, then registers all of them. @throws ApiError, TransportError */
export async function startNodes(
  pool: NodePool,
  options: FleetOptions,
  clients: FleetClients,
  env: Env,
  signal: AbortSignal,
): Promise<RunningFleet> {
  // Asked once, since a watch that may not be opened would only be tried again and again.
  const labelSelector = `${fleetLabel}=${pool.fleet}`;
  await clients.client.list(nodeResource, { labelSelector, limit: 1, signal });
  const nodes = new Nodes(pool, options, clients, env);
  try {
    await nodes.start(signal);
  } catch (error) {
    await nodes.close();
    throw error;
  }
  return nodes;
}

class Nodes implements RunningFleet {
  readonly #nodes: readonly FleetNode[];
  readonly #byName: ReadonlyMap<string, FleetNode>;
  readonly #nodeSource: SharedNodeSource;
  readonly #podSource: SharedPodSource;
  readonly #statusWriter: StatusWriter;
  readonly #leases: LeaseLane;
  readonly #statuses: StatusLane;
  readonly #csiNodes: CsiNodeLane;
  readonly #registrar: Registrar;
  readonly #env: Env;
  readonly #pods = createPodCounter();
  #reregistrations = 0;

  constructor(pool: NodePool, options: FleetOptions, clients: FleetClients, env: Env) {
    const { client, leaseClient, podClient = client } = clients;
    const { registrationsInFlight, statusWritesInFlight } = options;
    this.#env = env;
    this.#statusWriter = createStatusWriter(
      {
        client: podClient,
        ...(statusWritesInFlight === undefined ? {} : { maxInFlight: statusWritesInFlight }),
      },
      env,
    );
    this.#podSource = createSharedPodSource({ client, isOurs: pool.has }, env);
    const services: KubeletServices = {
      client,
      heartbeatClient: leaseClient,
      podSource: this.#podSource,
      statusWriter: this.#statusWriter,
      behavior: options.behavior ?? createHollowBehavior({}, env),
      tally: this.#pods.tally,
    };
    this.#nodes = pool.nodes.map((node) =>
      createFleetNode(createHollowKubelet(node, services, env)),
    );
    this.#byName = new Map(this.#nodes.map((node) => [node.kubelet.nodeName, node]));
    this.#statuses = createStatusLane(env);
    this.#leases = createLeaseLane({ onOverdue: (node) => this.#statuses.correct(node) }, env);
    this.#csiNodes = createCsiNodeLane(env);
    this.#registrar = createRegistrar(
      {
        ...(registrationsInFlight === undefined ? {} : { maxInFlight: registrationsInFlight }),
        knownNode: (name) => this.#nodeSource.indexer.get(name),
        onRegistered: (node, again) => this.#registered(node, again),
      },
      env,
    );
    this.#nodeSource = createSharedNodeSource(
      {
        client,
        fleet: pool.fleet,
        handler: {
          changed: (node) => this.#nodeChanged(node),
          deleted: (node) => this.#nodeDeleted(node),
        },
      },
      env,
    );
  }

  async start(signal: AbortSignal): Promise<void> {
    // Without a list of what exists each Node is simply posted, and found to exist then.
    await Promise.race([this.#nodeSource.synced, sleep(this.#env.clock, syncTimeoutMs, signal)]);
    for (const node of this.#nodes) this.#registrar.add(node, 0);
  }

  status(): FleetStatus {
    let registered = 0;
    let ready = 0;
    for (const node of this.#nodes) {
      if (node.state === "registered") registered += 1;
      if (node.state === "registered" && node.ready) ready += 1;
    }
    return {
      nodes: { wanted: this.#nodes.length, registered, ready },
      failures: failureGroups(
        this.#nodes.map(({ kubelet, failure }) => ({ nodeName: kubelet.nodeName, failure })),
      ),
      reregistrations: this.#reregistrations,
      leases: { ...this.#leases.counts },
      pods: { ...this.#pods.counts },
    };
  }

  async close(): Promise<void> {
    for (const { kubelet } of this.#nodes) kubelet[Symbol.dispose]();
    this.#statusWriter[Symbol.dispose]();
    await Promise.all([
      this.#registrar.close(closeGraceMs),
      this.#leases.close(closeGraceMs),
      this.#statuses.close(closeGraceMs),
      this.#csiNodes.close(closeGraceMs),
      this.#podSource[Symbol.asyncDispose](),
      this.#nodeSource[Symbol.asyncDispose](),
    ]);
  }

  #registered(node: FleetNode, again: boolean): void {
    if (again) this.#reregistrations += 1;
    this.#leases.add(node);
    this.#statuses.add(node);
    this.#csiNodes.add(node);
  }

  #nodeChanged(object: Node): void {
    const node = this.#byName.get(object.metadata.name);
    // One that an earlier run with more nodes has left.
    if (node === undefined) return;
    node.ready = isConditionTrue(object.status?.conditions, "Ready");
    if (node.state !== "registered" || object.metadata.uid !== node.kubelet.nodeUid) return;
    node.kubelet.observe(object);
    if (!node.ready) this.#statuses.correct(node);
  }

  /** Somebody has deleted the Node. A kubelet would renew its Lease and never register again. */
  #nodeDeleted(object: Node): void {
    const node = this.#byName.get(object.metadata.name);
    if (node === undefined) return;
    node.ready = false;
    if (node.state !== "registered" || object.metadata.uid !== node.kubelet.nodeUid) return;
    node.state = "deleted";
    this.#leases.cancel(node);
    this.#statuses.cancel(node);
    this.#csiNodes.cancel(node);
    this.#registrar.add(node, this.#env.random.next() * reregisterWithinMs);
  }
}
