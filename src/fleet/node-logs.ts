import type { Log } from "../base/log.ts";
import type { Transport } from "../k8s/transport.ts";

/** Where one component of a node logs. */
export interface ComponentLog {
  readonly log: Log;
  /** A transport that logs its requests too, if it is to. `server` is the URL that it leads to. */
  wrap(next: Transport, server: string): Transport;
}

/** Logs of the components of nodes, for a fleet whose nodes run by themselves. */
export interface NodeLogs {
  open(component: "kubelet" | "kubeproxy", node: string): ComponentLog;
}
