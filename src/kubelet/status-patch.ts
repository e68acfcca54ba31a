import { findCondition } from "../k8s/conditions.ts";
import type { JsonObject, JsonValue } from "../k8s/json.ts";
import type { PodStatus } from "../k8s/types/core.ts";
import type { Condition } from "../k8s/types/meta.ts";

/** All members of a condition that a kubelet may have set before, and has to take back. */
const optionalMembers = ["reason", "message", "observedGeneration"] as const;

/**
 * The strategic merge patch that brings a pod's status from `known` to `wanted`, with the UID as a
 * precondition; undefined if nothing differs. Members are compared by identity, since the steps of
 * a pod keep what they do not change. Lists but the conditions are replaced as a whole.
 */
export function statusPatch(
  uid: string,
  known: PodStatus | undefined,
  wanted: PodStatus,
): JsonObject | undefined {
  const status: Record<string, JsonValue> = {};
  let some = false;
  let key: keyof PodStatus;
  for (key in wanted) {
    if (key === "conditions" || wanted[key] === known?.[key]) continue;
    status[key] = wanted[key] as JsonValue;
    some = true;
  }
  const conditions = conditionPatches(known?.conditions, wanted.conditions ?? []);
  if (conditions.length > 0) {
    status["conditions"] = conditions;
    some = true;
  }
  return some ? { metadata: { uid }, status } : undefined;
}

function conditionPatches(
  known: readonly Condition[] | undefined,
  wanted: readonly Condition[],
): readonly JsonObject[] {
  const patches: JsonObject[] = [];
  for (const condition of wanted) {
    const before = findCondition(known, condition.type);
    if (before === condition) continue;
    const patch: Record<string, JsonValue> = { ...condition };
    for (const member of optionalMembers) {
      // Conditions are merged member by member: what is gone has to be named.
      if (before?.[member] !== undefined && condition[member] === undefined) patch[member] = null;
    }
    patches.push(patch);
  }
  return patches;
}
