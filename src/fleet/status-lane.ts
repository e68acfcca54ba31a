import type { Env } from "../base/env.ts";
import type { FleetNode } from "./fleet-node.ts";
import { createLane, type Lane } from "./lane.ts";

export interface StatusLane extends Pick<Lane<FleetNode>, "cancel" | "close"> {
  /** Posts a heartbeat of a registered node each 5 minutes from now on. */
  add(node: FleetNode): void;
  /** Somebody says that the node is not Ready, or may have: tells that it is, within a second or two. */
  correct(node: FleetNode): void;
}

/** `nodeStatusReportFrequency` of the kubelet; the Lease carries what is more urgent. */
const reportEveryMs = 300_000;
const retryAfterMs = 10_000;
const requestTimeoutMs = 10_000;
const maxInFlight = 50;

/** Posts the conditions of a fleet's nodes, spread evenly over 5 minutes, and when they are doubted. */
export function createStatusLane(env: Env): StatusLane {
  const { log } = env;
  const random = env.random.stream("node-status");
  const lane = createLane<FleetNode>(
    {
      maxInFlight,
      timeoutMs: requestTimeoutMs,
      async run(node, _dueMs, signal) {
        const { kubelet } = node;
        const what = node.statusChanged ? "changed" : "heartbeat";
        node.statusChanged = false;
        try {
          const code = await kubelet.postStatus(what, signal);
          if (code < 300) return reportEveryMs * (1 + 0.04 * random.next());
          log.debug("A node status was refused", { node: kubelet.nodeName, code });
        } catch (error) {
          log.debug("A node status was not posted", { node: kubelet.nodeName, error });
        }
        if (what === "changed") node.statusChanged = true;
        return retryAfterMs * (1 + random.next());
      },
    },
    env,
  );
  return {
    add: (node) => lane.schedule(node, reportEveryMs * random.next()),
    correct(node) {
      if (node.statusChanged) return;
      node.statusChanged = true;
      lane.schedule(node, 200 + 1_000 * random.next());
    },
    cancel: (node) => lane.cancel(node),
    close: (graceMs) => lane.close(graceMs),
  };
}
