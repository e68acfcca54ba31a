import { parseTime } from "../base/rfc3339.ts";
import { findCondition, isConditionTrue } from "./conditions.ts";
import type { Pod } from "./types/core.ts";

/** Whether the pod has the condition Ready (`podutil.IsPodReady`). */
export function isPodReady(pod: Pod): boolean {
  return isConditionTrue(pod.status?.conditions, "Ready");
}

/** Whether the pod has been ready for `minReadySeconds` (`podutil.IsPodAvailable`). */
export function isPodAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = findCondition(pod.status?.conditions, "Ready");
  if (ready?.status !== "True") return false;
  if (minReadySeconds === 0) return true;
  const sinceMs = parseTime(ready.lastTransitionTime ?? "");
  return sinceMs !== undefined && sinceMs + minReadySeconds * 1_000 <= nowMs;
}

/** Whether its containers have ended for good: Succeeded or Failed. */
export function isPodTerminal(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase === "Succeeded" || phase === "Failed";
}

function isPodTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Whether it counts as a replica: neither ended nor being deleted (`controller.IsPodActive`). */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && !isPodTerminating(pod);
}
