import { toTime } from "../base/rfc3339.ts";
import type { Container, ContainerStatus, Pod, PodStatus } from "../k8s/types/core.ts";
import {
  isSidecar,
  lostStatus,
  runningStatus,
  terminatedStatus,
  waitingStatus,
} from "./container-status.ts";
import type { PodRejection } from "./pod-admission.ts";
import type { PodPlan } from "./pod-behavior.ts";
import { type PodStatusDraft, podConditions } from "./pod-conditions.ts";

/** What a kubelet knows of a pod beside its state. */
export interface PodFacts {
  readonly pod: Pod;
  readonly plan: PodPlan;
  readonly hostIp: string;
  /** Undefined while no address is free. */
  readonly podIps: readonly string[] | undefined;
}

/** Pending: the pod is taken, its containers are being made. */
export function startingStatus({ pod, hostIp, podIps }: PodFacts, nowMs: number): PodStatus {
  const { containers, initContainers = [] } = pod.spec;
  const reason = initContainers.length > 0 ? "PodInitializing" : "ContainerCreating";
  return complete(
    pod,
    {
      phase: "Pending",
      hostIP: hostIp,
      hostIPs: [{ ip: hostIp }],
      // A pod of the host's network has its address from the start.
      ...(pod.spec.hostNetwork ? addresses(undefined, podIps) : {}),
      startTime: pod.status?.startTime ?? toTime(nowMs),
      ...(initContainers.length === 0
        ? {}
        : { initContainerStatuses: initContainers.map((each) => waitingStatus(each, reason)) }),
      containerStatuses: containers.map((each) => waitingStatus(each, reason)),
    },
    pod.status?.conditions,
    false,
    nowMs,
  );
}

/** Init container `index` runs, in a sandbox that has its addresses. */
export function initStartedStatus(
  { pod, podIps }: PodFacts,
  status: PodStatus,
  index: number,
  nowMs: number,
): PodStatus {
  const container = pod.spec.initContainers?.[index];
  if (container === undefined) return status;
  const started = runningStatus(container, pod.metadata.uid, isSidecar(container), nowMs);
  return withInitStatus(pod, { ...status, ...addresses(status, podIps) }, started, nowMs);
}

/** Init container `index` has ended well. */
export function initEndedStatus(
  pod: Pod,
  status: PodStatus,
  index: number,
  nowMs: number,
): PodStatus {
  const name = pod.spec.initContainers?.[index]?.name;
  const running = status.initContainerStatuses?.find((each) => each.name === name);
  if (running === undefined) return status;
  return withInitStatus(
    pod,
    status,
    { ...terminatedStatus(running, 0, nowMs), ready: true },
    nowMs,
  );
}

/** Running: all containers of the pod have started. */
export function runningPodStatus(
  { pod, podIps }: PodFacts,
  status: PodStatus,
  nowMs: number,
): PodStatus {
  const start = (container: Container): ContainerStatus =>
    runningStatus(container, pod.metadata.uid, true, nowMs);
  return complete(
    pod,
    {
      ...status,
      phase: "Running",
      ...addresses(status, podIps),
      containerStatuses: pod.spec.containers.map(start),
    },
    status.conditions,
    true,
    nowMs,
  );
}

/** The containers have ended, and the init container that ran; sidecars run on. */
export function containersEndedStatus(
  pod: Pod,
  status: PodStatus,
  exitCode: number,
  nowMs: number,
): PodStatus {
  const draft = {
    ...status,
    ...mapInitStatuses(pod, status, (each, container) =>
      isSidecar(container) ? each : terminatedStatus(each, exitCode, nowMs),
    ),
    containerStatuses: (status.containerStatuses ?? []).map((each) =>
      terminatedStatus(each, exitCode, nowMs),
    ),
  };
  return complete(pod, draft, status.conditions, true, nowMs);
}

/**
 * Succeeded or Failed: nothing runs any more.
 *
 * @param failure what to report when the pod failed for another reason than an exit code
 */
export function endedStatus(
  pod: Pod,
  status: PodStatus,
  failure: Pick<PodStatus, "reason" | "message"> | undefined,
  nowMs: number,
): PodStatus {
  const initialized = (status.initContainerStatuses ?? []).every(
    (each) => each.started || each.state?.terminated?.exitCode === 0,
  );
  const containerStatuses = initialized
    ? status.containerStatuses?.map(lostStatus)
    : status.containerStatuses;
  const succeeded =
    failure === undefined &&
    containerStatuses?.every(({ state }) => state?.terminated?.exitCode === 0);
  const draft: PodStatusDraft = {
    ...status,
    phase: succeeded ? "Succeeded" : "Failed",
    ...failure,
    ...mapInitStatuses(pod, status, (each) => terminatedStatus(each, 0, nowMs)),
    ...(containerStatuses === undefined ? {} : { containerStatuses }),
  };
  return complete(pod, draft, status.conditions, false, nowMs);
}

/** Failed: the node has no room for it (`rejectPod` in `pkg/kubelet/kubelet.go`). */
export function rejectedStatus(pod: Pod, rejection: PodRejection): PodStatus {
  return { phase: "Failed", ...rejection, ...observed(pod) };
}

/** The reported status with the conditions that follow from it now. */
export function refreshed(pod: Pod, status: PodStatus, nowMs: number): PodStatus {
  const sandboxReady = status.podIP !== undefined && !isTerminalPhase(status);
  return complete(pod, status, status.conditions, sandboxReady, nowMs);
}

export function isTerminalPhase({ phase }: PodStatus): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

function complete(
  pod: Pod,
  draft: PodStatusDraft,
  previous: PodStatus["conditions"],
  sandboxReady: boolean,
  nowMs: number,
): PodStatus {
  const conditions = podConditions(pod, draft, previous, sandboxReady, nowMs);
  return { ...draft, ...observed(pod), conditions };
}

function observed(pod: Pod): Pick<PodStatus, "observedGeneration"> {
  const { generation } = pod.metadata;
  return generation === undefined ? {} : { observedGeneration: generation };
}

function addresses(
  status: PodStatus | undefined,
  ips: readonly string[] | undefined,
): Pick<PodStatus, "podIP" | "podIPs"> {
  const first = ips?.[0];
  if (ips === undefined || first === undefined || status?.podIP === first) return {};
  return { podIP: first, podIPs: ips.map((ip) => ({ ip })) };
}

function withInitStatus(
  pod: Pod,
  status: PodStatus,
  changed: ContainerStatus,
  nowMs: number,
): PodStatus {
  const initContainerStatuses = (status.initContainerStatuses ?? []).map((each) =>
    each.name === changed.name ? changed : each,
  );
  return complete(pod, { ...status, initContainerStatuses }, status.conditions, true, nowMs);
}

function mapInitStatuses(
  pod: Pod,
  status: PodStatus,
  change: (status: ContainerStatus, container: Container) => ContainerStatus,
): Pick<PodStatus, "initContainerStatuses"> {
  if (status.initContainerStatuses === undefined) return {};
  return {
    initContainerStatuses: status.initContainerStatuses.map((each) => {
      const container = pod.spec.initContainers?.find(({ name }) => name === each.name);
      return container === undefined ? each : change(each, container);
    }),
  };
}
