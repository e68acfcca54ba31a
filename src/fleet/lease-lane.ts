import { createBackoff } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import type { FleetNode } from "./fleet-node.ts";
import { createLane, type Lane } from "./lane.ts";

/** What has become of the renewals of a fleet's Leases. */
export interface LeaseCounts {
  readonly sent: number;
  /** Answered more than 13 s after the one before: a quarter of a Lease's 40 s, and 3 s to spare. */
  readonly late: number;
  readonly failed: number;
  /** The longest time between two renewals of one Lease, in milliseconds. */
  readonly longestGapMs: number;
}

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
const lateAfterMs = 13_000;
const overdueAfterMs = 35_000;
const requestTimeoutMs = 10_000;
/** Enough for 500 renewals a second at a server that takes most of a second to answer. */
const maxInFlight = 400;
/** A request by itself costs several times what one of a hundred costs, nearly all of it in waking up. */
const tickMs = 250;
const delayBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Renews the Leases of a fleet, spread evenly over 10 s. They have a lane, a client and so a
 * connection of their own: no pod delays a heartbeat.
 */
export function createLeaseLane({ onOverdue }: LeaseLaneOptions, env: Env): LeaseLane {
  const { clock, metrics } = env;
  const random = env.random.stream("leases");
  const counts = { sent: 0, late: 0, failed: 0, longestGapMs: 0 };
  const renewals = metrics.counter(
    "hollowmark_lease_renewals_total",
    "Renewals of node Leases, by outcome: renewed or failed.",
    ["outcome"],
  );
  const delays = metrics.histogram(
    "hollowmark_lease_renewal_delay_seconds",
    "From when a renewal was due until it was answered.",
    delayBuckets,
  );

  const lane = createLane<FleetNode>(
    {
      maxInFlight,
      tickMs,
      timeoutMs: requestTimeoutMs,
      async run(node, dueMs, signal) {
        counts.sent += 1;
        const startMs = clock.monotonicMs();
        if (await renewed(node, signal)) {
          succeeded(node, dueMs);
          // Counted from when it was sent: a slow answer must not make the next one late.
          const everyMs = renewEveryMs * (1 + renewJitter * random.next());
          return Math.max(0, startMs + everyMs - clock.monotonicMs());
        }
        counts.failed += 1;
        renewals.inc(1, { outcome: "failed" });
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
    renewals.inc(1, { outcome: "renewed" });
    delays.observe((nowMs - dueMs) / 1_000);
    node.leaseBackoff = undefined;
    const gapMs = nowMs - (node.renewedMs ?? nowMs);
    node.renewedMs = nowMs;
    counts.longestGapMs = Math.max(counts.longestGapMs, gapMs);
    if (gapMs > lateAfterMs) counts.late += 1;
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
    counts,
  };
}
