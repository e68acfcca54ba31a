import { OptionError } from "../../base/option-error.ts";
import { type ClusterOptions, defaultNodes, workersFor } from "../../cluster/index.ts";
import {
  type FleetOptions,
  type KubeletSettings,
  type NodeGroupOptions,
  sharesWatches,
} from "../../fleet/index.ts";
import { parseSwitches } from "../../kubelet/index.ts";
import { type FleetNeeds, fleetNeeds } from "../resource-checks.ts";
import type { FleetSettings, GroupSettings } from "./fleet-settings.ts";

type Settings = Partial<FleetSettings>;

/** What the settings say of the whole fleet. */
export function toFleet(settings: Settings): Partial<FleetOptions> {
  const { fleet, kubeletVersion, profile, watches, proxy, registrationsInFlight } = settings;
  return {
    ...(registrationsInFlight === undefined ? {} : { registrationsInFlight }),
    ...(fleet === undefined ? {} : { name: fleet }),
    ...(kubeletVersion === undefined ? {} : { kubeletVersion }),
    ...(profile === undefined ? {} : { profile }),
    ...(watches === undefined ? {} : { watches }),
    ...(proxy === undefined ? {} : { proxy }),
    kubelet: toKubelet(settings),
  };
}

export function toAccess(settings: Settings): NonNullable<ClusterOptions["access"]> {
  const { connections, identity, transport, reconnectJitter } = settings;
  return {
    ...(transport === undefined ? {} : { http2: transport === "node" ? "node" : "own" }),
    ...(reconnectJitter === undefined ? {} : { reconnectJitterMs: reconnectJitter }),
    ...(connections === undefined ? {} : { connections }),
    ...(identity === undefined ? {} : { identity }),
  };
}

/**
 * A group takes from the settings above it what it does not say; maps are put together.
 *
 * @throws OptionError
 */
export function toGroup(settings: Settings, group: GroupSettings): NodeGroupOptions {
  const { nameTemplate, labels, capacity, maxPods, extendedResources } = settings;
  const taints = taintsOf(settings);
  return {
    ...(nameTemplate === undefined ? {} : { nameTemplate }),
    ...(taints === undefined ? {} : { taints }),
    ...group,
    count: group.count ?? settings.nodes ?? defaultNodes,
    labels: { ...labels, ...group.labels },
    capacity: {
      ...capacity,
      ...(maxPods === undefined ? {} : { pods: String(maxPods) }),
      ...extendedResources,
      ...group.capacity,
    },
  };
}

/**
 * What the fleet takes of the machine; in one process no node needs a connection.
 *
 * @throws OptionError for a number of workers that cannot be
 */
export function needsOfFleet(
  { settings, groups }: { readonly settings: Settings; readonly groups: readonly GroupSettings[] },
  options: ClusterOptions,
): FleetNeeds {
  const nodes =
    groups.length === 0
      ? (settings.nodes ?? defaultNodes)
      : groups.reduce((sum, { count = 0 }) => sum + count, 0);
  const ownWatches = !sharesWatches(toFleet(settings));
  const connections = settings.connections ?? (ownWatches ? "per-node" : "pooled");
  const perNode = settings.proxy === false ? 1 : 2;
  const isPooled = options.controlPlane === "embedded" || !ownWatches || connections === "pooled";
  const workers = workersFor(options, nodes);
  return fleetNeeds({ nodes, ownWatches, connectionsPerNode: isPooled ? 0 : perNode, workers });
}

function taintsOf({ taints, registerWithTaints }: Settings): FleetSettings["taints"] {
  if (taints !== undefined && registerWithTaints !== undefined) {
    throw new OptionError("--register-with-taints", "expected none beside --taints");
  }
  return taints ?? registerWithTaints;
}

function toKubelet(settings: Settings): KubeletSettings {
  const { habits, kubeApiQps, kubeApiBurst, kubeApiContentType } = settings;
  const { nodeStatusUpdateFrequency, nodeLeaseDurationSeconds } = settings;
  return {
    ...(habits === undefined ? {} : { switches: parseSwitches(habits, "--habits") }),
    ...(kubeApiQps === undefined ? {} : { qps: kubeApiQps }),
    ...(kubeApiBurst === undefined ? {} : { burst: kubeApiBurst }),
    ...(kubeApiContentType === undefined ? {} : { contentType: kubeApiContentType }),
    ...(nodeStatusUpdateFrequency === undefined
      ? {}
      : { nodeStatusUpdateFrequencyMs: nodeStatusUpdateFrequency }),
    ...(nodeLeaseDurationSeconds === undefined ? {} : { nodeLeaseDurationSeconds }),
  };
}
