import type { IntOrPercent } from "./types/apps.ts";

/**
 * A number of pods: `value` itself, or that percentage of `total`, rounded as asked
 * (`intstr.GetScaledValueFromIntOrPercent`). Zero for what is neither.
 */
export function resolveIntOrPercent(
  value: IntOrPercent,
  total: number,
  rounding: "up" | "down",
): number {
  if (typeof value === "number") return value;
  const digits = /^(\d+)%$/.exec(value)?.[1];
  if (digits === undefined) return 0;
  const share = (Number(digits) * total) / 100;
  return rounding === "up" ? Math.ceil(share) : Math.floor(share);
}
