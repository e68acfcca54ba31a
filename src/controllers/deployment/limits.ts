import { resolveIntOrPercent } from "../../k8s/int-or-percent.ts";
import type { Deployment } from "../../k8s/types/apps.ts";

/** `spec.replicas`, where 1 is the default. */
export function desiredReplicas({ spec }: Deployment): number {
  return spec.replicas ?? 1;
}

export function isRollingUpdate({ spec }: Deployment): boolean {
  return spec.strategy?.type !== "Recreate";
}

/** How many pods there may be beyond the desired ones. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** How many of the desired pods may be missing. */
export function maxUnavailable(deployment: Deployment): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment) || desired === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, desired);
}

/**
 * Surge is rounded up, unavailability down; when both come out as zero, one pod may be unavailable,
 * for otherwise nothing could move (`ResolveFenceposts` of `deployment_util.go`).
 */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const desired = desiredReplicas(deployment);
  const { maxSurge: surge = "25%", maxUnavailable: unavailable = "25%" } =
    deployment.spec.strategy?.rollingUpdate ?? {};
  const resolved = {
    surge: resolveIntOrPercent(surge, desired, "up"),
    unavailable: resolveIntOrPercent(unavailable, desired, "down"),
  };
  return resolved.surge === 0 && resolved.unavailable === 0
    ? { surge: 0, unavailable: 1 }
    : resolved;
}

const noDeadlineSeconds = 2_147_483_647;

/** Milliseconds without progress after which a rollout has failed; undefined for never. */
export function progressDeadlineMs({ spec }: Deployment): number | undefined {
  const seconds = spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === noDeadlineSeconds ? undefined : seconds * 1_000;
}
