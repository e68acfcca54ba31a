import type { Env } from "../base/env.ts";
import type { RandomStream } from "../base/random.ts";
import type { Client } from "../client/index.ts";
import { ApiError } from "../k8s/status.ts";
import { TransportError } from "../k8s/transport.ts";
import type { NodeIdentity } from "./node-template.ts";
import type { OwnNode } from "./own-node.ts";
import type { KubeletHabits } from "./profiles/habits.ts";
import type { KubeletObserver, NodeFailure } from "./running-kubelet.ts";

/** What the loops of one kubelet share. */
export interface KubeletParts {
  readonly node: NodeIdentity;
  readonly habits: KubeletHabits;
  /** With its limits. */
  readonly client: Client;
  /** For Leases and statuses: without limits, and the server is to answer soon. */
  readonly heartbeats: Client;
  readonly ownNode: OwnNode;
  readonly observer: KubeletObserver;
  readonly env: Env;
  readonly random: RandomStream;
  /** Aborted at the end of the kubelet. */
  readonly signal: AbortSignal;
  /** What everybody gives with a request, so that it ends with the kubelet. */
  readonly untilEnd: { readonly signal: AbortSignal };
  /**
   * Whether things of this node's name may be written: the Node, if there is one, is ours. Waits for
   * the first look at it, which a kubelet does not; it does not ask whose a node is either.
   */
  mayWrite(): Promise<boolean>;
}

/** A delay as `wait.Jitter` makes it. */
export function jittered(delayMs: number, jitter: number, random: RandomStream): number {
  return delayMs * (1 + jitter * random.next());
}

/** Refusals that another try does not change. */
const finalReasons: readonly string[] = ["Forbidden", "Unauthorized", "Invalid", "BadRequest"];

/** `otherwise` is the reason of what is neither a refusal nor a transport's error. */
export function nodeFailure(error: unknown, otherwise = "Unknown"): NodeFailure {
  if (error instanceof ApiError) {
    const { reason, message } = error;
    return { reason, message, final: finalReasons.includes(reason) };
  }
  if (error instanceof TransportError) {
    return { reason: error.reason, message: error.message, final: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { reason: otherwise, message, final: false };
}
