import type { MetricFamily } from "../base/metric-series.ts";
import type { KubeconfigOptions, ServerConnection } from "../client/index.ts";
import type { FleetOptions, FleetStatus } from "../fleet/index.ts";
import type { ControlPlane, NodeAccessOptions } from "./control-plane.ts";
import type { EmbeddedOptions } from "./embedded.ts";
import type { LogFilesOptions } from "./node-logs.ts";

/** An existing cluster, by its kubeconfig or by what that says. */
export type ExistingControlPlane =
  | KubeconfigControlPlane
  | { readonly connection: ServerConnection };

/** A cluster that is found as kubectl finds it. */
export interface KubeconfigControlPlane extends Pick<KubeconfigOptions, "variables"> {
  /** A file. Default: those of `KUBECONFIG`, else `~/.kube/config`, else the pod that we run in. */
  readonly kubeconfig?: string;
  /** Default: its current context. */
  readonly context?: string;
}

/** What happens on the way to a cluster whose nodes are Ready. */
export type ClusterProgress =
  | { readonly kind: "control-plane"; readonly controlPlane: ControlPlane }
  /** The nodes run in worker threads. `families` is what is counted there, beside `env.metrics`. */
  | {
      readonly kind: "workers";
      readonly workers: number;
      families(): Promise<readonly MetricFamily[]>;
    }
  | { readonly kind: "nodes"; readonly status: FleetStatus };

/** How connections to an existing cluster are made. */
export interface NetworkOptions {
  /** Whose HTTP/2: made for thousands of clients, or `node:http2`. Default `own`. */
  readonly http2?: "own" | "node";
  /**
   * Over how long the connections are spread that come in place of lost ones, in milliseconds.
   * Default 0: they come back as fast as kubelets do.
   */
  readonly reconnectJitterMs?: number;
}

export interface ClusterOptions {
  /** Where the nodes go. Default `"embedded"`: a control plane of the cluster's own, in this process. */
  readonly controlPlane?: "embedded" | ExistingControlPlane;
  /** Of the embedded control plane: where it listens. */
  readonly embedded?: EmbeddedOptions;
  /** How many nodes, all alike. Default 100, unless `fleet.groups` says more. */
  readonly nodes?: number;
  /** The nodes in detail. The version that kubelets report defaults to the server's. */
  readonly fleet?: Partial<FleetOptions>;
  /** How the components of nodes come to the API server. Default: what `fleet.profile` says. */
  readonly access?: Partial<NodeAccessOptions> & NetworkOptions;
  /**
   * How many worker threads run the nodes; with 1 there are none. Only nodes with watches of their
   * own, in a cluster that a kubeconfig leads to, can be dealt out. Default 1 up to 2 000 of those,
   * then one for each core.
   */
  readonly workers?: number;
  /** Logs of nodes with watches of their own. Default: none. */
  readonly logFiles?: LogFilesOptions;
  /** How errors name an option. Default: as it is called here. */
  readonly optionName?: (option: "workers" | "logFiles") => string;
  /** What becomes of the nodes in an existing cluster at the end. Default `"delete"`. */
  readonly onExit?: "delete" | "keep";
  /** How long all nodes may take to be Ready, in milliseconds. Default 300 000. */
  readonly readyTimeoutMs?: number;
  /** Gives up, cleans up, and rejects with its reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ClusterProgress) => void | Promise<void>;
}
