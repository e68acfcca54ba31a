import type { Env } from "../base/env.ts";

/** What has become of the renewals of a fleet's Leases. */
export interface LeaseCounts {
  /** Renewed or failed. */
  readonly sent: number;
  /** Answered more than 13 s after the one before: a quarter of a Lease's 40 s, and 3 s to spare. */
  readonly late: number;
  readonly failed: number;
  /** The longest time between two renewals of one Lease, in milliseconds. */
  readonly longestGapMs: number;
}

/** Counts renewals, for the fleet's status and as metrics. */
export interface LeaseCounter {
  readonly counts: LeaseCounts;
  /** `delayMs` after it was due, `gapMs` after the one before. */
  renewed(delayMs: number, gapMs: number): void;
  failed(): void;
}

const lateAfterMs = 13_000;
const delayBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createLeaseCounter({ metrics }: Pick<Env, "metrics">): LeaseCounter {
  const counts = { sent: 0, late: 0, failed: 0, longestGapMs: 0 };
  const renewals = metrics.counter(
    "hollowmark_lease_renewals_total",
    "Renewals of node Leases, by outcome: renewed or failed.",
    ["outcome"],
  );
  const renewed = renewals.labels({ outcome: "renewed" });
  const failed = renewals.labels({ outcome: "failed" });
  const delays = metrics.histogram(
    "hollowmark_lease_renewal_delay_seconds",
    "From when a renewal was due until it was answered.",
    delayBuckets,
  );
  return {
    counts,
    renewed(delayMs, gapMs) {
      counts.sent += 1;
      counts.longestGapMs = Math.max(counts.longestGapMs, gapMs);
      if (gapMs > lateAfterMs) counts.late += 1;
      renewed.inc();
      delays.observe(delayMs / 1_000);
    },
    failed() {
      counts.sent += 1;
      counts.failed += 1;
      failed.inc();
    },
  };
}
