import type { Transport, UserInfo } from "../k8s/transport.ts";

/** How one component of a node, its kubelet or its proxy, comes to the API server. */
export interface ComponentAccess extends AsyncDisposable {
  readonly transport: Transport;
  /** Who it is, where the transport does not authenticate: within one process. */
  readonly user?: UserInfo;
}
