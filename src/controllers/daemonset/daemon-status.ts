import { isPodAvailable, isPodReady } from "../../k8s/pods.ts";
import type { DaemonSet } from "../../k8s/types/apps.ts";
import { nonZero } from "../non-zero.ts";
import { type DaemonInput, isUpdated } from "./decide-daemons.ts";

export type DaemonSetStatus = NonNullable<DaemonSet["status"]>;

/**
 * The counts over all nodes. `observed`: whether this generation has been acted on. Follows
 * `updateDaemonSetStatus` of `pkg/controller/daemon/daemon_controller.go`.
 */
export function daemonStatus(input: DaemonInput, observed: boolean): DaemonSetStatus {
  const { daemonSet, nowMs } = input;
  let desired = 0;
  let current = 0;
  let misscheduled = 0;
  let ready = 0;
  let available = 0;
  let updated = 0;
  for (const node of input.nodes) {
    const [pod] = input.pods.get(node.metadata.name) ?? [];
    if (input.eligibilityOf(node) !== "run") {
      if (pod !== undefined) misscheduled += 1;
      continue;
    }
    desired += 1;
    if (pod === undefined) continue;
    current += 1;
    if (isUpdated(pod, input.hash)) updated += 1;
    if (!isPodReady(pod)) continue;
    ready += 1;
    if (isPodAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, nowMs)) available += 1;
  }
  const { observedGeneration, collisionCount, conditions } = daemonSet.status ?? {};
  const generation = observed ? daemonSet.metadata.generation : observedGeneration;
  return {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...nonZero({
      updatedNumberScheduled: updated,
      numberAvailable: available,
      numberUnavailable: desired - available,
    }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}
