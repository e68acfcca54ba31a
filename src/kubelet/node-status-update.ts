import { toTime } from "../base/rfc3339.ts";
import { findCondition } from "../k8s/conditions.ts";
import { type JsonObject, jsonEqual } from "../k8s/json.ts";
import type { Node, NodeStatus, NodeSystemInfo } from "../k8s/types/core.ts";
import type { Condition, ResourceList } from "../k8s/types/meta.ts";
import { daemonEndpoints, pressureConditions, readyCondition } from "./node-object.ts";
import { isEmpty, twoWayMergePatch } from "./two-way-merge.ts";

/** What a kubelet knows of its node when it makes a status. */
export interface NodeFacts {
  readonly capacity: ResourceList;
  readonly addresses: NodeStatus["addresses"];
  readonly nodeInfo: NodeSystemInfo;
  readonly declaredFeatures: readonly string[] | undefined;
  /** Undefined while there are none. */
  readonly images: NodeStatus["images"];
  /** Why the node is not Ready; undefined when it is. */
  readonly notReady: string | undefined;
}

/**
 * The status that follows on `previous` (`pkg/kubelet/nodestatus/setters.go`): what a kubelet knows
 * replaces what was there, conditions and resources of others stay.
 */
export function nextNodeStatus(
  previous: NodeStatus | undefined,
  facts: NodeFacts,
  nowMs: number,
): NodeStatus {
  const { images: _, declaredFeatures: __, ...kept } = previous ?? {};
  const { addresses, nodeInfo, images, declaredFeatures, notReady } = facts;
  // What somebody has added to the capacity by hand can be had by pods: extended resources.
  const capacity = { ...kept.capacity, ...facts.capacity };
  return {
    ...kept,
    capacity,
    allocatable: capacity,
    conditions: nextConditions(kept.conditions ?? [], notReady, toTime(nowMs)),
    ...(addresses === undefined ? {} : { addresses }),
    daemonEndpoints,
    nodeInfo: { ...kept.nodeInfo, ...nodeInfo },
    ...(images === undefined ? {} : { images }),
    ...(declaredFeatures === undefined ? {} : { declaredFeatures }),
  };
}

function nextConditions(
  previous: readonly Condition[],
  notReady: string | undefined,
  nowText: string,
): readonly Condition[] {
  const next = [...previous];
  for (const state of pressureConditions) {
    const before = findCondition(previous, state.type);
    // Reason and message are only set together with the status.
    put(next, before?.status === "False" ? before : { ...state, lastTransitionTime: nowText });
  }
  const ready = readyCondition(notReady);
  const before = findCondition(previous, "Ready");
  const since = before?.status === ready.status ? before.lastTransitionTime : nowText;
  put(next, { ...ready, ...(since === undefined ? {} : { lastTransitionTime: since }) });
  return next;

  function put(conditions: Condition[], condition: Condition): void {
    const at = conditions.findIndex(({ type }) => type === condition.type);
    const current = { ...condition, lastHeartbeatTime: nowText };
    if (at < 0) conditions.push(current);
    else conditions[at] = current;
  }
}

/** Whether two statuses differ in more than the time of a heartbeat. */
export function nodeStatusHasChanged(previous: NodeStatus, next: NodeStatus): boolean {
  if (!jsonEqual({ ...previous, conditions: [] }, { ...next, conditions: [] })) return true;
  const before = previous.conditions ?? [];
  const after = next.conditions ?? [];
  if (before.length !== after.length) return true;
  return after.some((condition) => {
    const other = findCondition(before, condition.type);
    const { lastHeartbeatTime } = condition;
    return (
      other === undefined ||
      !jsonEqual({ ...other, lastHeartbeatTime }, { ...condition, lastHeartbeatTime })
    );
  });
}

const eventOfCondition: Readonly<Record<string, string>> = {
  MemoryPressure: "NodeHasSufficientMemory",
  DiskPressure: "NodeHasNoDiskPressure",
  PIDPressure: "NodeHasSufficientPID",
};

/** The reasons of the events that a kubelet sends when it makes `next` of `previous`. */
export function nodeStatusEvents(
  previous: NodeStatus | undefined,
  next: NodeStatus,
): readonly string[] {
  const reasons: string[] = [];
  for (const { type, status } of next.conditions ?? []) {
    const before = findCondition(previous?.conditions, type)?.status;
    if (before === status) continue;
    const reason = eventOfCondition[type];
    if (reason !== undefined) reasons.push(reason);
    // A first Ready condition is none that has changed.
    else if (type === "Ready" && before !== undefined) {
      reasons.push(status === "True" ? "NodeReady" : "NodeNotReady");
    }
  }
  return reasons;
}

/** What a kubelet wants of a Node: of its metadata what is to be set, and the whole of its status. */
export interface WantedNode {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly status: NodeStatus;
}

/** What tells the conditions apart; the lists of images and features are replaced. */
const mergeKeys = { conditions: "type" };

/**
 * The strategic merge patch from one Node to the next (`component-helpers/node/util/status.go`,
 * PatchNodeStatus): empty when they are equal.
 */
export function nodePatch(original: Node, wanted: WantedNode): JsonObject {
  const { labels = {}, annotations = {} } = original.metadata;
  const metadata = twoWayMergePatch(
    { labels, annotations },
    {
      labels: { ...labels, ...wanted.labels },
      annotations: { ...annotations, ...wanted.annotations },
    },
  );
  const status = statusPatch(original.status ?? {}, wanted.status);
  return {
    ...(isEmpty(metadata) ? {} : { metadata }),
    ...(isEmpty(status) ? {} : { status }),
  };
}

function statusPatch(before: NodeStatus, after: NodeStatus): JsonObject {
  const { addresses: known = [], ...others } = before;
  const { addresses = [], ...next } = after;
  const patch = twoWayMergePatch(
    others as unknown as JsonObject,
    next as unknown as JsonObject,
    mergeKeys,
  );
  if (jsonEqual(known, addresses)) return patch;
  // They would be merged by their type, of which there may be two: they are replaced instead.
  const replaced = known.length > 0 ? [{ $patch: "replace" }] : [];
  return {
    ...patch,
    addresses: [...(addresses as unknown as readonly JsonObject[]), ...replaced],
  };
}
