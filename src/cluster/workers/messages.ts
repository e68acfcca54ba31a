import type { LogLevel } from "../../base/log.ts";
import type { MetricFamily } from "../../base/metric-series.ts";
import type { KubeconfigOptions } from "../../client/index.ts";
import type { FleetShard, FleetStatus, ShardOptions } from "../../fleet/index.ts";
import type { NetworkOptions } from "../cluster-options.ts";
import type { NodeAccessOptions } from "../control-plane.ts";
import type { LogFilesOptions } from "../node-logs.ts";
import type { RelayedRecord } from "./log-relay.ts";

/** What a worker starts with. All of it is data: a worker reads credentials by itself. */
export interface WorkerSetup {
  readonly kubeconfig: KubeconfigOptions;
  readonly fleet: ShardOptions;
  readonly shard: FleetShard;
  readonly access: NodeAccessOptions;
  readonly network: NetworkOptions;
  readonly seed: number;
  readonly logLevel: LogLevel;
  readonly logFiles: LogFilesOptions | undefined;
  /** Whether anybody will ask for metrics. */
  readonly metrics: boolean;
}

export type ToWorker =
  | { readonly kind: "metrics" }
  /** Ends the nodes, as if they were killed. */
  | { readonly kind: "close" };

export type FromWorker =
  /** The nodes have begun to register. */
  | { readonly kind: "started" }
  | { readonly kind: "report"; readonly report: WorkerReport }
  | { readonly kind: "metrics"; readonly families: readonly MetricFamily[] }
  /** It cannot start, or go on. Nothing follows. */
  | { readonly kind: "failed"; readonly message: string }
  /** The answer to `close`. Nothing follows. */
  | { readonly kind: "closed" };

/** What is new in a worker. */
export interface WorkerReport {
  /** Undefined when it is as before. */
  readonly status: FleetStatus | undefined;
  readonly records: readonly RelayedRecord[];
}
