import type { Condition } from "./types/meta.ts";

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(
  conditions: readonly Condition[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/**
 * The conditions with `condition` in the place of the one of its type, or at the end. Unless the
 * status changes, `lastTransitionTime` stays as it was (`meta.SetStatusCondition`).
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
): readonly Condition[] {
  const previous = findCondition(conditions, condition.type);
  if (conditions === undefined || previous === undefined) return [...(conditions ?? []), condition];
  const { lastTransitionTime } = previous;
  const next =
    previous.status === condition.status && lastTransitionTime !== undefined
      ? { ...condition, lastTransitionTime }
      : condition;
  return conditions.map((each) => (each === previous ? next : each));
}

export function withoutCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): readonly Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
