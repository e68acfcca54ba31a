import type { ClusterState } from "../cluster-state.ts";
import type { PodInfo } from "../pod-info.ts";

/** The plugins of kube-scheduler that can turn a node down, in the order in which it asks them. */
export type FilterName =
  | "NodeUnschedulable"
  | "TaintToleration"
  | "NodeAffinity"
  | "NodePorts"
  | "NodeResourcesFit"
  | "PodTopologySpread"
  | "InterPodAffinity";

/** Why a node will not do. */
export interface Rejection {
  /** In the words of kube-scheduler: `Insufficient cpu`. */
  readonly reasons: readonly string[];
  /** Whether it could change by other pods' going away. */
  readonly isResolvable: boolean;
}

/** What a filter says to one node; undefined: it may do. */
export type RowFilter = (row: number) => Rejection | undefined;

export interface Filter {
  readonly name: FilterName;
  /** Looks at the pod once; undefined if there is nothing to ask of nodes. */
  prepare(pod: PodInfo, cluster: ClusterState): RowFilter | undefined;
}

export function rejection(reason: string, isResolvable: boolean): Rejection {
  return { reasons: [reason], isResolvable };
}
