import type { Env } from "../base/env.ts";
import { type Client, loadKubeconfig, type ServerConnection } from "../client/index.ts";
import {
  createFleet,
  createNodePool,
  createProcessIdentity,
  type Fleet,
  type FleetOptions,
  type FleetStatus,
  sharesWatches,
} from "../fleet/index.ts";
import type { ClusterOptions, ExistingControlPlane } from "./cluster-options.ts";
import type { ControlPlane, NodeAccessOptions } from "./control-plane.ts";
import { connectExisting } from "./existing.ts";
import { checkNodeLabels } from "./restricted-labels.ts";
import { joinPurpose } from "./rights.ts";
import { createSystemEnv } from "./system-env.ts";

/** A control plane with hollow nodes that are Ready. Disposing it ends both, as `onExit` says. */
export interface Cluster extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  /** For whatever the cluster is made for. */
  readonly client: Client;
  status(): FleetStatus;
  /** Rejects when the fleet has passed to another process. Never resolves. */
  readonly failed: Promise<never>;
}

/** How many nodes a cluster has that is told nothing. */
export const defaultNodes = 100;
const defaultReadyTimeoutMs = 300_000;

/**
 * Starts a control plane, or comes in at an existing one, brings hollow nodes to it, and resolves
 * when all of them are Ready.
 *
 * ```ts
 * await using cluster = await createCluster({ nodes: 1_000 });
 * const nodes = await cluster.client.list(resources.nodes);
 * ```
 *
 * @throws OptionError for options that make no sense, ControlPlaneError, TransportError or
 * FleetError for what goes wrong, or the reason of the signal. Whatever was started is ended then.
 */
export async function createCluster(
  options: ClusterOptions = {},
  env: Env = createSystemEnv(),
): Promise<Cluster> {
  const signal = options.signal ?? new AbortController().signal;
  // What is wrong with the fleet shows before anything is started. The version is not known yet.
  createNodePool(poolOptions(options, "v1.0.0"));
  // The embedded API server has no NodeRestriction.
  if (typeof options.controlPlane === "object") {
    checkNodeLabels(poolOptions(options, "v1.0.0").groups, accessOptions(options).identity);
  }
  const controlPlane = await openControlPlane(options, env, signal);
  try {
    await options.onProgress?.({ kind: "control-plane", controlPlane });
    const fleet = openFleet(options, controlPlane, env);
    try {
      await bringUp(fleet, options, signal);
    } catch (error) {
      await stopFleet(fleet, options, controlPlane);
      throw error;
    }
    return {
      controlPlane,
      client: controlPlane.connect("client"),
      status: () => fleet.status(),
      failed: fleet.failed,
      async [Symbol.asyncDispose]() {
        try {
          await stopFleet(fleet, options, controlPlane);
        } finally {
          await controlPlane[Symbol.asyncDispose]();
        }
      },
    };
  } catch (error) {
    await controlPlane[Symbol.asyncDispose]();
    throw error;
  }
}

async function openControlPlane(
  options: ClusterOptions,
  env: Env,
  signal: AbortSignal,
): Promise<ControlPlane> {
  const { controlPlane = "embedded", embedded = {} } = options;
  if (controlPlane !== "embedded") {
    const connection = await resolveConnection(controlPlane, env);
    const { identity } = accessOptions(options);
    const watches = sharesWatches(options.fleet ?? {}) ? "shared" : "per-node";
    const { http2, reconnectJitterMs } = options.access ?? {};
    const network = {
      ...(http2 === undefined ? {} : { http2 }),
      ...(reconnectJitterMs === undefined ? {} : { reconnectJitterMs }),
    };
    return connectExisting(connection, joinPurpose(identity, watches), env, signal, network);
  }
  // Whoever joins an existing cluster never loads the API server.
  const { startEmbedded } = await import("./embedded.ts");
  return startEmbedded(embedded, env);
}

async function resolveConnection(
  existing: ExistingControlPlane,
  env: Env,
): Promise<ServerConnection> {
  if ("connection" in existing) return existing.connection;
  const { kubeconfig, context } = existing;
  const path = { path: kubeconfig };
  return loadKubeconfig(context === undefined ? path : { ...path, context }, env);
}

function openFleet(options: ClusterOptions, controlPlane: ControlPlane, env: Env): Fleet {
  const fleet: FleetOptions = {
    identity: createProcessIdentity(env.random.stream("fleet-holder")),
    ...poolOptions(options, controlPlane.version),
  };
  const clients = {
    client: controlPlane.connect("kubelet"),
    leaseClient: controlPlane.connect("kubelet"),
    nodes: controlPlane.nodeAccess(accessOptions(options)),
  };
  return createFleet(fleet, clients, env);
}

function accessOptions({ access = {}, fleet = {} }: ClusterOptions): NodeAccessOptions {
  const { connections = sharesWatches(fleet) ? "pooled" : "per-node" } = access;
  return { connections, identity: access.identity ?? "kubeconfig" };
}

function poolOptions({ nodes, fleet }: ClusterOptions, kubeletVersion: string): FleetOptions {
  return { groups: [{ count: nodes ?? defaultNodes }], kubeletVersion, ...fleet };
}

async function bringUp(fleet: Fleet, options: ClusterOptions, signal: AbortSignal): Promise<void> {
  await fleet.start(signal);
  const { onProgress } = options;
  await fleet.whenReady({
    timeoutMs: options.readyTimeoutMs ?? defaultReadyTimeoutMs,
    signal,
    ...(onProgress === undefined
      ? {}
      : { onProgress: (status) => void onProgress({ kind: "nodes", status }) }),
  });
}

async function stopFleet(
  fleet: Fleet,
  { onExit = "delete" }: ClusterOptions,
  { kind }: ControlPlane,
): Promise<void> {
  // The objects of the embedded control plane go with it.
  await fleet.stop({ onExit: kind === "embedded" ? "keep" : onExit });
}
