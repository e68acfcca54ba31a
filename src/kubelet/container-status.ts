import { toTime } from "../base/rfc3339.ts";
import type { Container, ContainerState, ContainerStatus, Pod } from "../k8s/types/core.ts";
import type { VolumeMountStatus } from "../k8s/types/volumes.ts";
import type { PodHabits } from "./pod-habits.ts";

/** The name of the container runtime that a hollow node reports. */
export const runtimeName = "hollowmark";

export type WaitingReason = "ContainerCreating" | "PodInitializing";

/** Whether a container is one of `spec.initContainers`. */
export type ContainerRole = "init" | "main";

const never: ContainerState = {};

/** A container that has not started. */
export function waitingStatus(
  container: Container,
  role: ContainerRole,
  reason: WaitingReason,
  habits: PodHabits,
): ContainerStatus {
  const { Readiness } = habits.switches;
  return {
    name: container.name,
    image: container.image,
    imageID: "",
    // Kubemark's prober calls all containers ready that are not init containers.
    ready: !Readiness && role === "main",
    ...(Readiness ? { started: false } : {}),
    restartCount: 0,
    state: { waiting: { reason } },
    ...detailsOf(container, habits),
  };
}

/**
 * A container that runs. Without probes it is started and ready at once, but for an init container
 * that is no sidecar: that one is ready when it has ended well.
 */
export function runningStatus(
  container: Container,
  role: ContainerRole,
  pod: Pod,
  habits: PodHabits,
  nowMs: number,
): ContainerStatus {
  const image = habits.terse ? container.image : withTag(container.image);
  const { Readiness } = habits.switches;
  return {
    name: container.name,
    image,
    imageID: image,
    containerID: containerIdOf(container, pod, habits),
    ready: role === "main" || (Readiness && isSidecar(container)),
    ...(Readiness ? { started: true } : {}),
    restartCount: 0,
    state: { running: { startedAt: toTime(nowMs) } },
    ...detailsOf(container, habits),
    ...(habits.containerResources && !habits.terse ? resourcesOf(container) : {}),
  };
}

/** The same container, ended. One that does not run stays as it is. */
export function terminatedStatus(
  status: ContainerStatus,
  exitCode: number,
  habits: PodHabits,
  nowMs: number,
): ContainerStatus {
  const running = status.state?.running;
  if (running === undefined) return status;
  const reason = exitCode === 0 ? "Completed" : "Error";
  return {
    ...status,
    ...endedMembers(habits),
    state: {
      terminated: {
        exitCode,
        ...(habits.runtime.saysReasons ? { reason } : {}),
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
export function lostStatus(status: ContainerStatus, habits: PodHabits): ContainerStatus {
  if (status.state?.terminated !== undefined) return status;
  return {
    ...status,
    ...endedMembers(habits),
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

const notReady: Pick<ContainerStatus, "ready" | "started"> = { ready: false, started: false };

/** Kubemark's prober leaves containers ready that have ended. */
function endedMembers({ switches }: PodHabits): Partial<ContainerStatus> {
  return switches.Readiness ? notReady : {};
}

function containerIdOf({ name }: Container, { metadata }: Pod, { runtime }: PodHabits): string {
  const { namespace = "default", uid } = metadata;
  return runtime.instant
    ? `${runtime.name}://${metadata.name}_${namespace}_${uid}_0_${name}_0`
    : `${runtime.name}://${uid}_${name}_0`;
}

/** What only statuses have that are not terse. */
function detailsOf(
  container: Container,
  habits: PodHabits,
): Pick<ContainerStatus, "lastState" | "volumeMounts"> {
  if (habits.terse) return {};
  const mounts = container.volumeMounts ?? [];
  if (!habits.volumeMounts || mounts.length === 0) return { lastState: never };
  const volumeMounts = mounts.map(({ name, mountPath, readOnly }): VolumeMountStatus => {
    const mount = { name, mountPath };
    return readOnly ? { ...mount, readOnly, recursiveReadOnly: "Disabled" } : mount;
  });
  return { lastState: never, volumeMounts };
}

function resourcesOf({
  resources = {},
}: Container): Pick<ContainerStatus, "resources" | "allocatedResources"> {
  const { requests } = resources;
  const isEmpty = requests === undefined || Object.keys(requests).length === 0;
  return isEmpty ? { resources } : { resources, allocatedResources: requests };
}

/** The image as a runtime names it that was asked for one without tag or digest. */
function withTag(image: string): string {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return name.includes(":") || name.includes("@") ? image : `${image}:latest`;
}
