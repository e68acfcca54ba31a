import { toTime } from "../base/rfc3339.ts";
import { podResourceList } from "../k8s/pod-resources.ts";
import type { Container, ContainerStatus, Pod, PodStatus } from "../k8s/types/core.ts";
import {
  type ContainerRole,
  isSidecar,
  lostStatus,
  runningStatus,
  terminatedStatus,
  waitingStatus,
} from "./container-status.ts";
import type { PodRejection } from "./pod-admission.ts";
import type { PodPlan } from "./pod-behavior.ts";
import { type PodStatusDraft, podConditions } from "./pod-conditions.ts";
import type { PodHabits } from "./pod-habits.ts";

/** What a kubelet knows of a pod beside its state. */
export interface PodFacts {
  readonly pod: Pod;
  readonly plan: PodPlan;
  readonly habits: PodHabits;
  readonly hostIp: string;
  /** Undefined while no address is free. */
  readonly podIps: readonly string[] | undefined;
  /** When its volumes were there; infinite while they are not. */
  readonly mountedMs: number;
  /** When the kubelet looked at its containers last; infinite where it sees what they do as they do it. */
  readonly relistedMs: number;
}

/** Pending: the pod is taken, its containers are being made. */
export function startingStatus(facts: PodFacts, nowMs: number): PodStatus {
  const { pod, hostIp, podIps, habits } = facts;
  const { containers, initContainers = [] } = pod.spec;
  const reason = initContainers.length > 0 ? "PodInitializing" : "ContainerCreating";
  const waiting = (container: Container, role: ContainerRole): ContainerStatus =>
    waitingStatus(container, role, reason, habits);
  return complete(
    facts,
    {
      ...keptMembers(facts),
      phase: "Pending",
      hostIP: hostIp,
      hostIPs: [{ ip: hostIp }],
      // A pod of the host's network has its address from the start.
      ...(pod.spec.hostNetwork ? addresses(undefined, podIps) : {}),
      startTime: pod.status?.startTime ?? toTime(nowMs),
      ...(initContainers.length === 0
        ? {}
        : { initContainerStatuses: initContainers.map((each) => waiting(each, "init")) }),
      containerStatuses: byName(
        containers.map((each) => waiting(each, "main")),
        habits,
      ),
    },
    pod.status?.conditions,
    false,
    nowMs,
  );
}

/** Init container `index` runs, in a sandbox that has its addresses. */
export function initStartedStatus(
  facts: PodFacts,
  status: PodStatus,
  index: number,
  nowMs: number,
): PodStatus {
  const { pod, podIps, habits } = facts;
  const container = pod.spec.initContainers?.[index];
  if (container === undefined) return status;
  const started = runningStatus(container, "init", pod, habits, nowMs);
  return withInitStatus(facts, { ...status, ...addresses(status, podIps) }, started, nowMs);
}

/** Init container `index` has ended well. */
export function initEndedStatus(
  facts: PodFacts,
  status: PodStatus,
  index: number,
  nowMs: number,
): PodStatus {
  const name = facts.pod.spec.initContainers?.[index]?.name;
  const running = status.initContainerStatuses?.find((each) => each.name === name);
  if (running === undefined) return status;
  const ended = { ...terminatedStatus(running, 0, facts.habits, nowMs), ready: true };
  return withInitStatus(facts, status, ended, nowMs);
}

/** Running: all containers of the pod have started. */
export function runningPodStatus(facts: PodFacts, status: PodStatus, nowMs: number): PodStatus {
  const { pod, podIps, habits } = facts;
  const start = (container: Container): ContainerStatus =>
    runningStatus(container, "main", pod, habits, nowMs);
  return complete(
    facts,
    {
      ...status,
      phase: "Running",
      ...addresses(status, podIps),
      containerStatuses: byName(pod.spec.containers.map(start), habits),
    },
    status.conditions,
    true,
    nowMs,
  );
}

/** The containers have ended, and the init container that ran; sidecars run on. */
export function containersEndedStatus(
  facts: PodFacts,
  status: PodStatus,
  exitCode: number,
  nowMs: number,
): PodStatus {
  const { habits } = facts;
  const draft = {
    ...status,
    ...mapInitStatuses(facts.pod, status, (each, container) =>
      isSidecar(container) ? each : terminatedStatus(each, exitCode, habits, nowMs),
    ),
    containerStatuses: (status.containerStatuses ?? []).map((each) =>
      terminatedStatus(each, exitCode, habits, nowMs),
    ),
  };
  return complete(facts, draft, status.conditions, true, nowMs);
}

/**
 * Succeeded or Failed: nothing runs any more.
 *
 * @param failure what to report when the pod failed for another reason than an exit code
 */
export function endedStatus(
  facts: PodFacts,
  status: PodStatus,
  failure: Pick<PodStatus, "reason" | "message"> | undefined,
  nowMs: number,
): PodStatus {
  const { pod, habits } = facts;
  const initialized = (status.initContainerStatuses ?? []).every(
    (each) => each.started || each.state?.terminated?.exitCode === 0,
  );
  const containerStatuses = initialized
    ? status.containerStatuses?.map((each) => lostStatus(each, habits))
    : status.containerStatuses;
  const succeeded =
    failure === undefined &&
    containerStatuses?.every(({ state }) => state?.terminated?.exitCode === 0);
  const draft: PodStatusDraft = {
    ...status,
    phase: succeeded ? "Succeeded" : "Failed",
    ...failure,
    ...mapInitStatuses(pod, status, (each) => terminatedStatus(each, 0, habits, nowMs)),
    ...(containerStatuses === undefined ? {} : { containerStatuses }),
  };
  return complete(facts, draft, status.conditions, false, nowMs);
}

/** Failed: the node has no room for it (`rejectPod` in `pkg/kubelet/kubelet.go`). */
export function rejectedStatus(
  { pod, habits }: Pick<PodFacts, "pod" | "habits">,
  rejection: PodRejection,
  nowMs: number,
): PodStatus {
  const status: PodStatus = { phase: "Failed", ...rejection, ...observed(pod, habits) };
  if (habits.terse) return status;
  const qosClass = habits.rejectionKeepsQos ? pod.status?.qosClass : undefined;
  return {
    ...status,
    startTime: pod.status?.startTime ?? toTime(nowMs),
    ...(qosClass === undefined ? {} : { qosClass }),
  };
}

/** The reported status with the conditions that follow from it now. */
export function refreshed(
  facts: Pick<PodFacts, "pod" | "habits">,
  status: PodStatus,
  nowMs: number,
): PodStatus {
  const sandboxReady = status.podIP !== undefined && !isTerminalPhase(status);
  return complete(facts, status, status.conditions, sandboxReady, nowMs);
}

export function isTerminalPhase({ phase }: PodStatus): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

function complete(
  facts: Pick<PodFacts, "pod" | "habits">,
  draft: PodStatusDraft,
  previous: PodStatus["conditions"],
  sandboxReady: boolean,
  nowMs: number,
): PodStatus {
  const { pod, habits } = facts;
  const conditions = podConditions(pod, draft, previous, habits, sandboxReady, nowMs);
  return { ...draft, ...observed(pod, habits), conditions };
}

/** Servers before 1.33 do not count the generations of pods. */
function observed(pod: Pod, habits: PodHabits): Pick<PodStatus, "observedGeneration"> {
  const { generation } = pod.metadata;
  if (generation === undefined || !habits.observedGeneration) return {};
  return { observedGeneration: generation };
}

/** What a status that is not terse says from the start. */
function keptMembers({ pod, habits }: PodFacts): PodStatus {
  if (habits.terse) return {};
  const qosClass = pod.status?.qosClass;
  return {
    ...(qosClass === undefined ? {} : { qosClass }),
    ...(habits.podResources ? podResources(pod) : {}),
  };
}

/** Of the pod as a whole (`getEffectiveAllocatedResources` of `pkg/kubelet/kubelet_pods.go`). */
function podResources({ spec }: Pod): Pick<PodStatus, "resources" | "allocatedResources"> {
  const requests = podResourceList(spec, "requests");
  const limits = podResourceList(spec, "limits");
  return {
    resources: { ...(limits && { limits }), ...(requests && { requests }) },
    ...(requests && { allocatedResources: requests }),
  };
}

/** Kubelets sort them, but for those of init containers. */
function byName(
  statuses: readonly ContainerStatus[],
  habits: PodHabits,
): readonly ContainerStatus[] {
  if (habits.terse || statuses.length < 2) return statuses;
  return statuses.toSorted((left, right) => (left.name < right.name ? -1 : 1));
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
  facts: PodFacts,
  status: PodStatus,
  changed: ContainerStatus,
  nowMs: number,
): PodStatus {
  const initContainerStatuses = (status.initContainerStatuses ?? []).map((each) =>
    each.name === changed.name ? changed : each,
  );
  return complete(facts, { ...status, initContainerStatuses }, status.conditions, true, nowMs);
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
