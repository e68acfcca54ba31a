import { createBackoff } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import type { FleetNode } from "./fleet-node.ts";
import { createLane, type Lane } from "./lane.ts";
import { createLeaseCounter, type LeaseCounts } from "./lease-counter.ts";

export interface LeaseLaneOptions {
  /**
   * A Lease was renewed so late that the control plane may have declared the node Unknown: it takes
   * 40 s, or 50 s from version 1.32 on.
   */
  onOverdue(node: FleetNode): void;
}

export interface LeaseLane extends Pick<Lane<FleetNode>, "cancel" | "close"> {
  /** Makes the Lease of a registered node within 10 s, as a kubelet does, and renews it from then on. */
  add(node: FleetNode): void;
  readonly counts: LeaseCounts;
}

/** A kubelet renews after a quarter of the Lease's 40 s, up to 4 % later (`pkg/kubelet/kubelet.go`). */
const renewEveryMs = 10_000;
const renewJitter = 0.04;
const overdueAfterMs = 35_000;
const requestTimeoutMs = 10_000;
/** Enough for 500 renewals a second at a server that takes most of a second to answer. */
const maxInFlight = 400;
/** A request by itself costs several times what one of a hundred costs, nearly all of it in waking up. */
const tickMs = 250;

/**
 * Renews the Leases of a fleet, spread evenly over 10 s. They have a lane, a client and so a
 * connection of their own: no pod delays a heartbeat.
 */
export function createLeaseLane({ onOverdue }: LeaseLaneOptions, env: Env): LeaseLane {
  const { clock } = env;
  const random = env.random.stream("leases");
  const counter = createLeaseCounter(env);

  const lane = createLane<FleetNode>(
    {
      maxInFlight,
      tickMs,
      timeoutMs: requestTimeoutMs,
      async run(node, dueMs, signal) {
        const startMs = clock.monotonicMs();
        if (await renewed(node, signal)) {
          succeeded(node, dueMs);
          // Counted from when it was sent: a slow answer must not make the next one late.
          const everyMs = renewEveryMs * (1 + renewJitter * random.next());
          return Math.max(0, startMs + everyMs - clock.monotonicMs());
        }
        counter.failed();
        node.leaseBackoff ??= createBackoff({ initialMs: 500, maxMs: 5_000 }, random);
        return node.leaseBackoff.nextMs();
      },
    },
    env,
  );

  async function renewed({ kubelet }: FleetNode, signal: AbortSignal): Promise<boolean> {
    try {
      const renewal = await kubelet.renewLease(signal);
      if (renewal.kind === "renewed") return true;
      env.log.debug("A lease was not renewed", { node: kubelet.nodeName, code: renewal.code });
    } catch (error) {
      env.log.debug("A lease was not renewed", { node: kubelet.nodeName, error });
    }
    return false;
  }

  function succeeded(node: FleetNode, dueMs: number): void {
    const nowMs = clock.monotonicMs();
    node.leaseBackoff = undefined;
    const gapMs = nowMs - (node.renewedMs ?? nowMs);
    node.renewedMs = nowMs;
    counter.renewed(nowMs - dueMs, gapMs);
    if (gapMs > overdueAfterMs) onOverdue(node);
  }

  return {
    add(node) {
      node.renewedMs = undefined;
      // Nodes register in a burst; from here on their Leases are spread over the interval.
      lane.schedule(node, random.next() * renewEveryMs);
    },
    cancel: (node) => lane.cancel(node),
    close: (graceMs) => lane.close(graceMs),
    counts: counter.counts,
  };
}
