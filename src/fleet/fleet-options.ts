import type { Client, ComponentAccess } from "../client/index.ts";
import type { Taint } from "../k8s/types/core.ts";
import type { ResourceList } from "../k8s/types/meta.ts";
import type { KubeletHabitsOptions, PodBehavior, ProfileName } from "../kubelet/index.ts";
import type { NodeLogs } from "./node-logs.ts";
import type { StartNodes } from "./running-fleet.ts";

/** Nodes that are alike. */
export interface NodeGroupOptions {
  /** What `{group}` stands for. Default: its position, from 0. */
  readonly name?: string;
  readonly count: number;
  /**
   * The names of its nodes. `{index}` counts from 0 within the group, `{group}` and `{zone}` are
   * those of the node. Default `hollow-{index}`; with several groups `hollow-{group}-{index}`.
   */
  readonly nameTemplate?: string;
  /** Beside those that every kubelet sets, `hollow-node=true` and `hollowmark/fleet`. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /**
   * Amounts that replace or join the default of 32 cpu, 256Gi of memory, 512Gi of
   * ephemeral-storage and 110 pods.
   */
  readonly capacity?: ResourceList;
  /** With a leading `v`. Default: that of the fleet. */
  readonly kubeletVersion?: string;
  /** Zones that its nodes are dealt out to in turn: the label `topology.kubernetes.io/zone`. */
  readonly zones?: readonly string[];
  /** The label `topology.kubernetes.io/region`. */
  readonly region?: string;
  /** The label `node.kubernetes.io/instance-type`. */
  readonly instanceType?: string;
}

/** The nodes of a fleet. */
export interface NodePoolOptions {
  /** The value of the label `hollowmark/fleet`. Default `default`. */
  readonly name?: string;
  readonly groups: readonly NodeGroupOptions[];
  /** What kubelets report, with a leading `v`: usually the version of the API server. */
  readonly kubeletVersion: string;
  /** Where the InternalIPs of the nodes come from. Default `198.18.0.0/15`, which RFC 2544 sets aside for tests. */
  readonly nodeRange?: string;
  /** Where pod addresses come from on nodes without a `podCIDR`. Default `10.0.0.0/8`. */
  readonly podRange?: string;
  /** How errors name an option of a group. Default `groups[0].count`. */
  readonly optionName?: (group: number, option: keyof NodeGroupOptions) => string;
}

/** What can be said about kubelets, and proxies, beside their profile; defaults are the profile's. */
export type KubeletSettings = Omit<KubeletHabitsOptions, "profile" | "kubeletVersion">;

export interface FleetOptions extends NodePoolOptions {
  /** Default `kubelet`. */
  readonly profile?: ProfileName;
  /** Whether each node has its own watches, or one serves all. Default: the profile's. */
  readonly watches?: "per-node" | "shared";
  /** Whether each node has a proxy. Default: with watches of its own it has one. */
  readonly proxy?: boolean;
  readonly kubelet?: KubeletSettings;
  /** How pods behave. Default: those of a hollow node, `createHollowBehavior`. */
  readonly behavior?: PodBehavior;
  /** Nodes that register at once. Default 64; 100 for nodes with watches of their own. */
  readonly registrationsInFlight?: number;
  /** Pods whose status is written at once. Default 64. */
  readonly statusWritesInFlight?: number;
  /** Who holds the fleet, and who else may be known to be gone. Default: a random identity. */
  readonly identity?: HolderIdentity;
  /** Where the metrics of this process are, for whoever looks at the fleet's Lease. */
  readonly metricsUrl?: string;
  /** A log for each component of a node, in place of the one of all. Default: none. */
  readonly nodeLogs?: NodeLogs;
}

export interface FleetClients {
  readonly client: Client;
  /** For Leases and heartbeats; on a connection of its own no other traffic delays them. */
  readonly leaseClient: Client;
  /** For what is written about pods. Default: `client`. */
  readonly podClient?: Client;
  /** For nodes with watches of their own. */
  readonly nodes: NodeAccess;
  /** Runs the nodes elsewhere than in this thread. Default: they run in it. */
  readonly startNodes?: StartNodes;
}

/** The way in for the components of nodes. */
export interface NodeAccess {
  /** The URL that it leads to. */
  readonly server: string;
  readonly open: OpenAccess;
  /** Told how long a request of one of them has waited for its limiter, in milliseconds. */
  limiterWaited(waitedMs: number): void;
}

/** Which process of which node. */
export interface Component {
  readonly component: "kubelet" | "proxy";
  readonly nodeName: string;
}

/**
 * Opens what a component comes to the API server by.
 *
 * @throws ApiError, TransportError, or the reason of the signal
 */
export type OpenAccess = (component: Component, signal: AbortSignal) => Promise<ComponentAccess>;

/** Names the process that runs a fleet, so that no second one runs the same nodes. */
export interface HolderIdentity {
  /** The `holderIdentity` of the fleet's Lease. */
  readonly holder: string;
  /** Whether that holder surely runs no more, such as a process of this machine that has ended. */
  isGone(holder: string): boolean;
}
