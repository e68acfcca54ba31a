import { toTime } from "../base/rfc3339.ts";
import type { Container, ContainerStatus } from "../k8s/types/core.ts";

/** The scheme of container IDs, and the name of the container runtime that a hollow node reports. */
export const runtimeName = "hollowmark";

export type WaitingReason = "ContainerCreating" | "PodInitializing";

/** A container that has not started. */
export function waitingStatus(container: Container, reason: WaitingReason): ContainerStatus {
  return {
    name: container.name,
    image: container.image,
    imageID: "",
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason } },
  };
}

/**
 * A container that runs. Without probes it is started and ready at once, but for an init container
 * that is no sidecar: that one is ready when it has ended well.
 */
export function runningStatus(
  container: Container,
  podUid: string,
  ready: boolean,
  nowMs: number,
): ContainerStatus {
  return {
    name: container.name,
    image: container.image,
    imageID: container.image,
    containerID: `${runtimeName}://${podUid}_${container.name}_0`,
    ready,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: toTime(nowMs) } },
  };
}

/** The same container, ended. One that does not run stays as it is. */
export function terminatedStatus(
  status: ContainerStatus,
  exitCode: number,
  nowMs: number,
): ContainerStatus {
  const running = status.state?.running;
  if (running === undefined) return status;
  return {
    ...status,
    ready: false,
    started: false,
    state: {
      terminated: {
        exitCode,
        reason: exitCode === 0 ? "Completed" : "Error",
        ...(running.startedAt === undefined ? {} : { startedAt: running.startedAt }),
        finishedAt: toTime(nowMs),
        ...(status.containerID === undefined ? {} : { containerID: status.containerID }),
      },
    },
  };
}

/**
 * What becomes of a container that is still to start when its pod ends, as in
 * `pkg/kubelet/status/status_manager.go` (`TerminatePod`).
 */
export function lostStatus(status: ContainerStatus): ContainerStatus {
  if (status.state?.terminated !== undefined) return status;
  return {
    ...status,
    ready: false,
    started: false,
    state: {
      terminated: {
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was terminated",
      },
    },
  };
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}
