import type { Env } from "../base/env.ts";

/** What becomes of connections. */
export interface ConnectionCounts {
  /** @param again whether the same client had one before */
  opened(again: boolean): void;
  closed(): void;
  failed(): void;
}

/** Connections to the API server, of all clients together. */
export function countConnections({ metrics }: Pick<Env, "metrics">): ConnectionCounts {
  const open = metrics.gauge("hollowmark_connections", "Connections to the API server.");
  const again = metrics.counter(
    "hollowmark_reconnects_total",
    "Connections that a client opened after its first.",
  );
  const failed = metrics.counter(
    "hollowmark_connection_failures_total",
    "Attempts to connect that came to nothing.",
  );
  return {
    opened(isAgain) {
      open.add(1);
      if (isAgain) again.inc();
    },
    closed: () => open.add(-1),
    failed: () => failed.inc(),
  };
}
