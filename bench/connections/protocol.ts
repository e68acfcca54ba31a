/** What the client process is asked to do, as JSON in its first argument. */
export interface ClientTask {
  readonly port: number;
  readonly http2: "own" | "node";
  readonly count: number;
  readonly work: ClientWork;
}

export type ClientWork =
  /** Connections of TLS alone: what nothing of ours can be cheaper than. */
  | { readonly kind: "tls" }
  /** Each node's connection with its watches, idle. */
  | { readonly kind: "idle" }
  /** The same, and a Lease of each node is renewed every 10 s. */
  | { readonly kind: "leases" }
  /** The same, and an event for each watch of pods, as many of them in a second as there are nodes. */
  | {
      readonly kind: "events";
      readonly contentType: "application/json" | "application/vnd.kubernetes.protobuf";
      /** Whether all get the same bytes, as those who watch services do. */
      readonly areSame: boolean;
    };

export interface ClientResult {
  /** Memory of one connection with all that belongs to it. */
  readonly rssBytes: number;
  /** CPU of one connection with all that belongs to it, from dialling to its idling. */
  readonly openUs: number;
  /** CPU of one Lease or one event. */
  readonly workUs: number;
}

/** The client asks the server to send events; the server says when the last one is written. */
export interface SendEvents {
  readonly rounds: number;
  readonly areSame: boolean;
}

/** A kubelet has five watches. */
export const watchPaths: readonly string[] = [
  "/api/v1/nodes",
  "/api/v1/services",
  "/apis/storage.k8s.io/v1/csidrivers",
  "/apis/node.k8s.io/v1/runtimeclasses",
  "/api/v1/pods",
];
