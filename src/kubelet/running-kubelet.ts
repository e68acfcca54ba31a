import type { ComponentAccess } from "../client/index.ts";
import type { IpRange } from "./ip-range.ts";
import type { NodeIdentity } from "./node-template.ts";
import type { PodBehavior } from "./pod-behavior.ts";
import type { PodTally } from "./pod-workers.ts";
import type { KubeletHabits } from "./profiles/habits.ts";

/** What a fleet hears of its kubelets. Calls must not throw. */
export interface KubeletObserver {
  /** A Lease was renewed; `gapMs` since the last time, undefined for the first. */
  leaseRenewed(gapMs: number | undefined): void;
  /** A renewal failed, with all its retries. */
  leaseFailed(): void;
  /** The Node was deleted by somebody else and registered again. */
  reregistered(): void;
  /** The limiter kept a request waiting. */
  limiterWaited(waitedMs: number): void;
}

export interface RunningKubeletOptions {
  readonly node: NodeIdentity;
  /** Where pod addresses come from unless the node has a `podCIDR`. */
  readonly podRange: IpRange;
  readonly habits: KubeletHabits;
  readonly access: ComponentAccess;
  readonly behavior: PodBehavior;
  readonly tally: PodTally;
  readonly observer: KubeletObserver;
}

/**
 * One kubelet that runs by itself, as its process does: it registers, keeps its Lease and status,
 * watches what kubelets watch, and runs its pods. Disposing it is the end of the process: nothing is
 * deleted, requests under way are given up.
 */
export interface RunningKubelet extends AsyncDisposable {
  readonly nodeName: string;
  readonly state: "starting" | "registered" | "deleted";
  /** Whether the API server says that the node is Ready. */
  readonly ready: boolean;
  /** Why it is not registered. */
  readonly failure: NodeFailure | undefined;
  readonly pods: number;
}

/** Why a node is not registered. */
export interface NodeFailure {
  /** A reason of the API server's, or `NodeNotOurs`, or that of a transport error. */
  readonly reason: string;
  readonly message: string;
  /** Whether trying again cannot help. */
  readonly final: boolean;
}
