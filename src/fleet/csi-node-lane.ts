import type { Env } from "../base/env.ts";
import type { FleetNode } from "./fleet-node.ts";
import { createLane, type Lane } from "./lane.ts";

export interface CsiNodeLane extends Pick<Lane<FleetNode>, "cancel" | "close"> {
  /** Makes the CSINode of a registered node within half a minute. */
  add(node: FleetNode): void;
}

const withinMs = 30_000;
const requestTimeoutMs = 30_000;
const maxInFlight = 8;

/**
 * Makes the CSINodes of a fleet, at leisure: nothing waits for them, and the API server has more
 * urgent things to do while thousands of nodes register.
 */
export function createCsiNodeLane(env: Env): CsiNodeLane {
  const random = env.random.stream("csi-nodes");
  const lane = createLane<FleetNode>(
    {
      maxInFlight,
      timeoutMs: requestTimeoutMs,
      async run({ kubelet }, _dueMs, signal) {
        try {
          await kubelet.ensureCsiNode(signal);
          return undefined;
        } catch (error) {
          env.log.debug("A CSINode was not made", { node: kubelet.nodeName, error });
          return withinMs * (1 + random.next());
        }
      },
    },
    env,
  );
  return {
    add: (node) => lane.schedule(node, withinMs * random.next()),
    cancel: (node) => lane.cancel(node),
    close: (graceMs) => lane.close(graceMs),
  };
}
