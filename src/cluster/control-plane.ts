import type { Client } from "../client/index.ts";
import type { NodeAccess } from "../fleet/index.ts";

/** What nodes are brought to: the embedded API server with its controllers, or somebody's cluster. */
export interface ControlPlane extends AsyncDisposable {
  readonly kind: "embedded" | "existing";
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  /** What the server calls itself, `v1.34.4`. */
  readonly version: string;
  /** Access for kubectl and other programs; of an existing cluster whoever joined it has it. */
  readonly access: ClusterAccess | undefined;
  /**
   * A client with connections of its own: nothing that goes through it waits behind what goes
   * through another. `component` becomes its user agent.
   */
  connect(component: string): Client;
  /** The way in for the components of nodes. To be asked for once. */
  nodeAccess(options: NodeAccessOptions): NodeAccess;
}

export interface NodeAccessOptions {
  /** A connection for each component, as the processes of real nodes have, or as few as will do. */
  readonly connections: "per-node" | "pooled";
  /**
   * As whom they come. `kubeconfig`: as the cluster's kubeconfig says, as Kubemark's do.
   * `impersonate`: on those credentials, as `system:node:<name>` and `system:kube-proxy`.
   * `bootstrap`: each kubelet asks for a client certificate for `system:node:<name>` and renews it;
   * proxies impersonate.
   */
  readonly identity: "kubeconfig" | "impersonate" | "bootstrap";
}

/** What stands in a kubeconfig for one cluster. All but the URL is PEM. */
export interface ClusterAccess {
  readonly server: string;
  readonly caPem: string;
  readonly clientCertPem: string;
  readonly clientKeyPem: string;
}

/** Why there is no control plane to bring nodes to. The message is one line. */
export class ControlPlaneError extends Error {
  override readonly name = "ControlPlaneError";
}
