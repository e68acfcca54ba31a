import type { Client, EventRecorder } from "../client/index.ts";
import type { IpRange } from "./ip-range.ts";
import type { NodeIdentity } from "./node-template.ts";
import type { PodBehavior } from "./pod-behavior.ts";
import type { PodHabits } from "./pod-habits.ts";
import type { PodHandler } from "./pod-source.ts";
import type { PodTally } from "./pod-workers.ts";

export interface PodManagerOptions {
  readonly node: NodeIdentity;
  /** Where pod addresses come from unless the node has a `podCIDR`. */
  readonly podRange: IpRange;
  readonly habits: PodHabits;
  /** The kubelet's main client, with its limiter. */
  readonly client: Client;
  readonly behavior: PodBehavior;
  readonly tally: PodTally;
  /** Says what happens to pods; undefined where nothing is said. It stays the caller's. */
  readonly recorder: EventRecorder | undefined;
  /** An image was pulled, or was there already, for a container: the node's status is to name it. */
  imagePulled?(image: string): void;
}

/** The pods of a kubelet that runs by itself, and all that it asks of the API server for them. */
export interface PodManager extends PodHandler, AsyncDisposable {
  readonly size: number;
  /** The node's own ranges, `spec.podCIDRs`: new pods get their addresses from these. */
  usePodCidrs(cidrs: readonly string[]): void;
}
