import type { Taint, Toleration } from "./types/core.ts";

/** Whether a toleration covers a taint (`core/v1/toleration.go`). Absent fields cover everything. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator) {
    case "Exists":
      return true;
    case "Equal":
    case undefined:
      return (toleration.value ?? "") === (taint.value ?? "");
    default:
      return false; // An operator that we do not know covers nothing.
  }
}

/** The first taint with one of the effects that no toleration covers. */
export function firstUntolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly Taint["effect"][],
): Taint | undefined {
  return taints?.find(
    (taint) =>
      effects.includes(taint.effect) &&
      !tolerations?.some((toleration) => tolerates(toleration, taint)),
  );
}

/** `key=value:Effect`, as kubectl writes it; `key:Effect` without a value. */
export function formatTaint({ key, value, effect }: Taint): string {
  return value ? `${key}=${value}:${effect}` : `${key}:${effect}`;
}
