import { parseTime } from "../base/rfc3339.ts";
import type { Pod } from "../k8s/types/core.ts";
import { isSidecar } from "./container-status.ts";
import { endOfRunMs, type PodState, type StopCause } from "./pod-state.ts";
import {
  containersEndedStatus,
  endedStatus,
  initEndedStatus,
  initStartedStatus,
  type PodFacts,
  refreshed,
  runningPodStatus,
} from "./pod-status.ts";

/** What follows from a state, what is known of the pod, and the time. */
export interface PodStep {
  readonly state: PodState;
  /** When to step again if nothing is heard before; infinite when only news can change the state. */
  readonly wakeAtMs: number;
}

/** How long to wait before asking again for an address when none was free. */
const addressRetryMs = 1_000;
/** The kubelet's words (`pkg/kubelet/active_deadline.go`). */
const deadlineExceeded = {
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
};

/**
 * Moves a pod as far as it can go at `nowMs`. Asking again at once changes nothing; a state is never
 * followed by an earlier one.
 */
export function stepPod(state: PodState, facts: PodFacts, nowMs: number): PodStep {
  let current = state;
  for (;;) {
    const next = advance(current, facts, nowMs);
    if (next === current) return { state: current, wakeAtMs: wakeAt(current, facts.pod, nowMs) };
    current = next;
  }
}

/** The next state, or the same one when it is not time yet. */
function advance(state: PodState, facts: PodFacts, nowMs: number): PodState {
  const { pod } = facts;
  switch (state.kind) {
    case "creating":
      if (isDeleting(pod)) return ended(state, pod, undefined, nowMs);
      if (deadlineMs(pod, state) <= nowMs) return ended(state, pod, "deadline", nowMs);
      if (nowMs < state.untilMs || facts.podIps === undefined) return state;
      return startFrom(0, state, facts, nowMs);
    case "initializing":
      if (stopCause(pod, state, nowMs)) return stopping(state, facts, nowMs);
      if (nowMs < state.untilMs) return state;
      return startFrom(
        state.index + 1,
        { ...state, status: initEndedStatus(pod, state.status, state.index, nowMs) },
        facts,
        nowMs,
      );
    case "running":
      if (stopCause(pod, state, nowMs)) return stopping(state, facts, nowMs);
      if (state.endsAtMs <= nowMs) return completed(state, facts, nowMs);
      return withNews(state, pod, nowMs);
    case "stopping":
      return stopFurther(state, facts, nowMs);
    case "ended":
      return isDeleting(pod) ? { kind: "removing", status: state.status } : state;
    case "removing":
      return state;
  }
}

function wakeAt(state: PodState, pod: Pod, nowMs: number): number {
  switch (state.kind) {
    case "creating": {
      const untilMs = state.untilMs > nowMs ? state.untilMs : nowMs + addressRetryMs;
      return Math.min(untilMs, deadlineMs(pod, state));
    }
    case "initializing":
      return Math.min(state.untilMs, deadlineMs(pod, state));
    case "running":
      return Math.min(state.endsAtMs, deadlineMs(pod, state));
    case "stopping":
      return state.untilMs;
    case "ended":
    case "removing":
      return Number.POSITIVE_INFINITY;
  }
}

/** Starts init container `index`, or all containers when there is no such one. */
function startFrom(index: number, from: PodState, facts: PodFacts, nowMs: number): PodState {
  const { pod, plan } = facts;
  let { status } = from;
  const inits = pod.spec.initContainers ?? [];
  for (let next = index; next < inits.length; next += 1) {
    status = initStartedStatus(facts, status, next, nowMs);
    const container = inits[next];
    if (container !== undefined && !isSidecar(container)) {
      return { kind: "initializing", status, index: next, untilMs: nowMs + plan.initMs };
    }
  }
  status = runningPodStatus(facts, status, nowMs);
  return { kind: "running", status, endsAtMs: endOfRunMs(facts, nowMs) };
}

/** A running pod whose generation or readiness gates have changed says so. */
function withNews(state: PodState & { kind: "running" }, pod: Pod, nowMs: number): PodState {
  const { status } = state;
  if (pod.metadata.generation === status.observedGeneration && !pod.spec.readinessGates) {
    return state;
  }
  const next = refreshed(pod, status, nowMs);
  const changed =
    next.observedGeneration !== status.observedGeneration ||
    next.conditions?.some((condition, index) => condition !== status.conditions?.[index]);
  return changed ? { ...state, status: next } : state;
}

function stopCause(pod: Pod, state: PodState, nowMs: number): StopCause | undefined {
  if (isDeleting(pod)) return "deleted";
  return deadlineMs(pod, state) <= nowMs ? "deadline" : undefined;
}

function stopping(state: PodState, { pod, plan }: PodFacts, nowMs: number): PodState {
  const killAtMs = nowMs + gracePeriodMs(pod);
  return {
    kind: "stopping",
    status: state.status,
    cause: isDeleting(pod) ? "deleted" : "deadline",
    stage: "containers",
    untilMs: Math.min(nowMs + plan.stopMs, killAtMs),
    killAtMs,
  };
}

/** The containers have ended by themselves; sidecars are told to end. */
function completed(state: PodState, { pod, plan }: PodFacts, nowMs: number): PodState {
  const exitCode = plan.run.kind === "ends" ? plan.run.exitCode : 0;
  const status = containersEndedStatus(pod, state.status, exitCode, nowMs);
  return stopSidecars({ kind: "ended", status }, "completed", pod, plan.stopMs, nowMs);
}

function stopFurther(
  state: PodState & { kind: "stopping" },
  { pod, plan }: PodFacts,
  nowMs: number,
): PodState {
  // A second deletion may grant less time than the first.
  const killAtMs = Math.min(state.killAtMs, nowMs + gracePeriodMs(pod));
  if (killAtMs < state.untilMs) return { ...state, untilMs: killAtMs, killAtMs };
  if (nowMs < state.untilMs) return state;
  if (state.stage === "sidecars") return ended(state, pod, state.cause, nowMs);
  const killed = plan.stopMs > 0 && nowMs >= state.killAtMs;
  const status = containersEndedStatus(pod, state.status, killed ? 137 : 0, nowMs);
  const stopMs = Math.min(plan.stopMs, Math.max(0, state.killAtMs - nowMs));
  return stopSidecars({ ...state, status }, state.cause, pod, stopMs, nowMs);
}

/** Sidecars are ended after the containers (KEP-753); a pod without them has ended. */
function stopSidecars(
  state: PodState,
  cause: StopCause,
  pod: Pod,
  stopMs: number,
  nowMs: number,
): PodState {
  const { status } = state;
  if (!status.initContainerStatuses?.some((each) => each.state?.running !== undefined)) {
    return ended(state, pod, cause, nowMs);
  }
  const untilMs = nowMs + stopMs;
  const killAtMs = state.kind === "stopping" ? state.killAtMs : nowMs + gracePeriodMs(pod);
  return { kind: "stopping", status, cause, stage: "sidecars", untilMs, killAtMs };
}

function ended(state: PodState, pod: Pod, cause: StopCause | undefined, nowMs: number): PodState {
  const failure = cause === "deadline" ? deadlineExceeded : undefined;
  return { kind: "ended", status: endedStatus(pod, state.status, failure, nowMs) };
}

function isDeleting(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** How long the containers may take to end. Counted from when the kubelet hears of it, as a kubelet does. */
function gracePeriodMs({ metadata, spec }: Pod): number {
  const graceS = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
  return graceS * 1_000;
}

function deadlineMs({ spec }: Pod, { status }: PodState): number {
  if (spec.activeDeadlineSeconds === undefined) return Number.POSITIVE_INFINITY;
  const startMs = parseTime(status.startTime ?? "");
  return startMs === undefined
    ? Number.POSITIVE_INFINITY
    : startMs + spec.activeDeadlineSeconds * 1_000;
}
