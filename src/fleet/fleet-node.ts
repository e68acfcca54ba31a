import type { Backoff } from "../base/backoff.ts";
import type { HollowKubelet, NodeFailure } from "../kubelet/index.ts";

/** What a fleet keeps about one of its nodes. */
export interface FleetNode {
  readonly kubelet: HollowKubelet;
  /** `deleted`: it was registered, and somebody has deleted the Node. */
  state: "waiting" | "registered" | "deleted";
  /** Whether the API server says that it is Ready. */
  ready: boolean;
  failure: NodeFailure | undefined;
  /** Of attempts to register, and of attempts to renew the Lease. */
  registrationBackoff: Backoff | undefined;
  leaseBackoff: Backoff | undefined;
  /** Monotonic time of the last renewal; undefined before the first. */
  renewedMs: number | undefined;
  /** Whether the conditions have to be posted as changed: somebody has declared them Unknown. */
  statusChanged: boolean;
}

export function createFleetNode(kubelet: HollowKubelet): FleetNode {
  return {
    kubelet,
    state: "waiting",
    ready: false,
    failure: undefined,
    registrationBackoff: undefined,
    leaseBackoff: undefined,
    renewedMs: undefined,
    statusChanged: false,
  };
}
