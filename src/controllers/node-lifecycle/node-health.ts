import { parseTime, toTime } from "../../base/rfc3339.ts";
import { findCondition } from "../../k8s/conditions.ts";
import type { Node } from "../../k8s/types/core.ts";
import type { Condition } from "../../k8s/types/meta.ts";

/** What the controller last saw of a node. Times are those of its own clock, never the node's. */
export interface NodeHealth {
  /** The key of its Lease. */
  readonly leaseKey: string;
  /** When the node last gave a sign of life, on the monotonic clock. */
  probeMs: number;
  /** Whether it had a Ready condition, and with which `lastHeartbeatTime`. */
  hasReady: boolean;
  heartbeat: string | undefined;
  /** The `renewTime` of its Lease. */
  renewTime: string | undefined;
}

/** This moment, on both clocks. */
export interface Now {
  readonly monotonicMs: number;
  readonly epochMs: number;
}

export function leaseKeyOf(nodeName: string): string {
  return `kube-node-lease/${nodeName}`;
}

/**
 * Notes what is new of a node: a heartbeat, or a renewal of its Lease, each of which counts from the
 * moment it is seen. Called for each node every few seconds, so it changes `health` in place.
 * Follows `tryUpdateNodeHealth` of `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
 */
export function observeHealth(
  health: NodeHealth | undefined,
  node: Node,
  renewTime: string | undefined,
  { monotonicMs, epochMs }: Now,
): NodeHealth {
  const ready = findCondition(node.status?.conditions, "Ready");
  const hasReady = ready !== undefined;
  const heartbeat = ready?.lastHeartbeatTime;
  if (health === undefined) {
    // A node that has not posted anything yet is given its time from when it was created.
    const ageMs = epochMs - (parseTime(node.metadata.creationTimestamp) ?? epochMs);
    const isAlive = hasReady || renewTime !== undefined;
    const probeMs = isAlive ? monotonicMs : monotonicMs - ageMs;
    const leaseKey = leaseKeyOf(node.metadata.name);
    return { leaseKey, probeMs, hasReady, heartbeat, renewTime };
  }
  const isAlive =
    hasReady !== health.hasReady ||
    heartbeat !== health.heartbeat ||
    (renewTime !== undefined && renewTime !== health.renewTime);
  if (isAlive) {
    health.probeMs = monotonicMs;
    health.hasReady = hasReady;
    health.heartbeat = heartbeat;
    health.renewTime = renewTime ?? health.renewTime;
  }
  return health;
}

/** The conditions that only the kubelet knows; NetworkUnavailable is the control plane's own matter. */
const kubeletConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;

/**
 * The conditions of a node that has been silent for too long, all unknown from now on; undefined if
 * that is said already.
 */
export function silentConditions(node: Node, nowMs: number): readonly Condition[] | undefined {
  const now = toTime(nowMs);
  const changed: Condition[] = [];
  for (const type of kubeletConditions) {
    const known = findCondition(node.status?.conditions, type);
    if (known === undefined) {
      changed.push({
        type,
        status: "Unknown",
        reason: "NodeStatusNeverUpdated",
        message: "Kubelet never posted node status.",
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: now,
      });
    } else if (known.status !== "Unknown") {
      changed.push({
        ...known,
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Kubelet stopped posting node status.",
        lastTransitionTime: now,
      });
    }
  }
  return changed.length === 0 ? undefined : changed;
}
