import { assert } from "../base/assert.ts";
import type { Env } from "../base/env.ts";
import { OptionError } from "../base/option-error.ts";
import { type Client, type KubeconfigOptions, loadKubeconfig } from "../client/index.ts";
import {
  createFleet,
  createNodePool,
  createProcessIdentity,
  type Fleet,
  type FleetOptions,
  type FleetStatus,
  type StartNodes,
  sharesWatches,
} from "../fleet/index.ts";
import type { LogFiles } from "../measure/index.ts";
import type { ClusterOptions, KubeconfigControlPlane, NetworkOptions } from "./cluster-options.ts";
import type { ControlPlane, NodeAccessOptions } from "./control-plane.ts";
import { connectExisting } from "./existing.ts";
import { openNodeLogs } from "./node-logs.ts";
import { checkNodeLabels } from "./restricted-labels.ts";
import { joinPurpose } from "./rights.ts";
import { createSystemEnv } from "./system-env.ts";
import { workersFor } from "./workers/worker-count.ts";

/** A control plane with hollow nodes that are Ready. Disposing it ends both, as `onExit` says. */
export interface Cluster extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  /** For whatever the cluster is made for. */
  readonly client: Client;
  status(): FleetStatus;
  /** Rejects when the fleet has passed to another process, or a worker has ended. Never resolves. */
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
  const workers = checkOptions(options);
  const nodeLogs = await openLogs(options, env);
  const controlPlane = await openControlPlane(options, env, signal);
  const end = async (): Promise<void> => {
    await controlPlane[Symbol.asyncDispose]();
    await nodeLogs?.[Symbol.asyncDispose]();
  };
  try {
    await options.onProgress?.({ kind: "control-plane", controlPlane });
    const fleet = openFleet(options, { controlPlane, workers, nodeLogs }, env);
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
          await end();
        }
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * What is wrong with the options shows before anything is started.
 *
 * @returns how many worker threads there are to be
 * @throws OptionError
 */
function checkOptions(options: ClusterOptions): number {
  // The version is not known yet.
  const fleet = poolOptions(options, "v1.0.0");
  const { nodes } = createNodePool(fleet);
  // The embedded API server has no NodeRestriction.
  if (typeof options.controlPlane === "object") {
    checkNodeLabels(fleet.groups, accessOptions(options).identity);
  }
  return workersFor(options, nodes.length);
}

async function openLogs(options: ClusterOptions, env: Env): Promise<LogFiles | undefined> {
  const { logFiles, fleet = {} } = options;
  if (logFiles === undefined) return undefined;
  const optionName = options.optionName?.("logFiles") ?? "logFiles";
  if (sharesWatches(fleet)) {
    throw new OptionError(optionName, "nodes that share their watches have no logs of their own");
  }
  return openNodeLogs(logFiles, optionName, env);
}

async function openControlPlane(
  options: ClusterOptions,
  env: Env,
  signal: AbortSignal,
): Promise<ControlPlane> {
  const { controlPlane = "embedded", embedded = {} } = options;
  if (controlPlane !== "embedded") {
    const connection =
      "connection" in controlPlane
        ? controlPlane.connection
        : await loadKubeconfig(kubeconfigOptions(controlPlane), env);
    const { identity } = accessOptions(options);
    const watches = sharesWatches(options.fleet ?? {}) ? "shared" : "per-node";
    const purpose = joinPurpose(identity, watches);
    return connectExisting(connection, purpose, env, signal, networkOptions(options));
  }
  // Whoever joins an existing cluster never loads the API server.
  const { startEmbedded } = await import("./embedded.ts");
  return startEmbedded(embedded, env);
}

/** What there is before the fleet. */
interface FleetSurroundings {
  readonly controlPlane: ControlPlane;
  readonly workers: number;
  readonly nodeLogs: LogFiles | undefined;
}

function openFleet(
  options: ClusterOptions,
  { controlPlane, workers, nodeLogs }: FleetSurroundings,
  env: Env,
): Fleet {
  const fleet: FleetOptions = {
    identity: createProcessIdentity(env.random.stream("fleet-holder")),
    ...(nodeLogs === undefined ? {} : { nodeLogs }),
    ...poolOptions(options, controlPlane.version),
  };
  const clients = {
    client: controlPlane.connect("kubelet"),
    leaseClient: controlPlane.connect("kubelet"),
    nodes: controlPlane.nodeAccess(accessOptions(options)),
    ...(workers === 1 ? {} : { startNodes: inWorkers(options, fleet, workers, env) }),
  };
  return createFleet(fleet, clients, env);
}

/** Starts nodes in worker threads, which come to the cluster by its kubeconfig as this thread has. */
function inWorkers(
  options: ClusterOptions,
  fleet: FleetOptions,
  workers: number,
  env: Env,
): StartNodes {
  const { controlPlane, logFiles, onProgress } = options;
  assert(typeof controlPlane === "object" && !("connection" in controlPlane), "no kubeconfig");
  const {
    behavior: _behavior,
    identity: _identity,
    metricsUrl: _metricsUrl,
    nodeLogs: _nodeLogs,
    optionName: _optionName,
    ...data
  } = fleet;
  return async (pool, signal) => {
    const { startWorkerFleet } = await import("./workers/worker-fleet.ts");
    const running = await startWorkerFleet(
      {
        workers,
        nodes: pool.nodes.length,
        kubeconfig: kubeconfigOptions(controlPlane),
        fleet: data,
        access: accessOptions(options),
        network: networkOptions(options),
        logFiles,
      },
      env,
      signal,
    );
    try {
      await onProgress?.({ kind: "workers", workers, families: () => running.families() });
      return running;
    } catch (error) {
      await running.close();
      throw error;
    }
  };
}

/** As data: environments may be objects with a life of their own. */
function kubeconfigOptions(existing: KubeconfigControlPlane): KubeconfigOptions {
  const { kubeconfig, context, variables } = existing;
  return {
    ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(variables === undefined ? {} : { variables: { ...variables } }),
  };
}

function networkOptions({ access = {} }: ClusterOptions): NetworkOptions {
  const { http2, reconnectJitterMs } = access;
  return {
    ...(http2 === undefined ? {} : { http2 }),
    ...(reconnectJitterMs === undefined ? {} : { reconnectJitterMs }),
  };
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
