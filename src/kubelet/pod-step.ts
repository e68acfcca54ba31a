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
 * Moves a pod as far as it can go at `nowMs`. Asking again at once changes nothing, but for one that
 * is about to be ended where that is said first; a state is never followed by an earlier one.
 */
export function stepPod(state: PodState, facts: PodFacts, nowMs: number): PodStep {
  let current = state;
  for (;;) {
    const next = advance(current, facts, nowMs);
    if (next === current) return { state: current, wakeAtMs: wakeAt(current, facts, nowMs) };
    const isSaidFirst = next.kind === "stopping" && current.kind !== "stopping";
    current = next;
    if (isSaidFirst && !facts.habits.terse) return { state: next, wakeAtMs: next.untilMs };
  }
}

/** The next state, or the same one when it is not time yet. */
function advance(state: PodState, facts: PodFacts, nowMs: number): PodState {
  const { pod } = facts;
  switch (state.kind) {
    case "creating":
      if (isDeleting(pod)) return ended(state, facts, undefined, nowMs);
      if (deadlineMs(pod, state) <= nowMs) return ended(state, facts, "deadline", nowMs);
      if (seenMs(facts, nowMs) < startedMs(state, facts) || facts.podIps === undefined)
        return state;
      return startFrom(0, state, facts, nowMs);
    case "initializing":
      if (stopCause(pod, state, nowMs)) return stopping(state, facts, nowMs);
      if (seenMs(facts, nowMs) < state.untilMs) return state;
      return startFrom(
        state.index + 1,
        { ...state, status: initEndedStatus(facts, state.status, state.index, nowMs) },
        facts,
        nowMs,
      );
    case "running":
      if (stopCause(pod, state, nowMs)) return stopping(state, facts, nowMs);
      if (state.endsAtMs <= seenMs(facts, nowMs)) return completed(state, facts, nowMs);
      return withNews(state, facts, nowMs);
    case "stopping":
      return stopFurther(state, facts, nowMs);
    case "ended":
      if (!isDeleting(pod) || seenMs(facts, nowMs) < state.sinceMs) return state;
      return { kind: "removing", status: state.status };
    case "removing":
      return state;
  }
}

function wakeAt(state: PodState, facts: PodFacts, nowMs: number): number {
  const { pod } = facts;
  switch (state.kind) {
    case "creating": {
      const atMs = startedMs(state, facts);
      // Of what has happened the kubelet hears later; else it is an address that is missing.
      const untilMs = seenMs(facts, nowMs) < atMs ? atMs : nowMs + addressRetryMs;
      return Math.min(untilMs, deadlineMs(pod, state));
    }
    case "initializing":
      return Math.min(state.untilMs, deadlineMs(pod, state));
    case "running":
      return Math.min(state.endsAtMs, deadlineMs(pod, state));
    case "stopping":
      return state.untilMs;
    case "ended":
      return isDeleting(pod) ? state.sinceMs : Number.POSITIVE_INFINITY;
    case "removing":
      return Number.POSITIVE_INFINITY;
  }
}

/** Up to when the kubelet knows of what its containers do. */
function seenMs({ relistedMs }: PodFacts, nowMs: number): number {
  return Math.min(relistedMs, nowMs);
}

/** When the first container starts: its volumes have to be there. */
function startedMs(state: PodState & { kind: "creating" }, { plan, mountedMs }: PodFacts): number {
  return Math.max(state.untilMs, mountedMs + plan.createMs);
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
function withNews(state: PodState & { kind: "running" }, facts: PodFacts, nowMs: number): PodState {
  const { status } = state;
  const { metadata, spec } = facts.pod;
  const isNew =
    facts.habits.observedGeneration && metadata.generation !== status.observedGeneration;
  if (!isNew && !spec.readinessGates) return state;
  const next = refreshed(facts, status, nowMs);
  const changed =
    next.observedGeneration !== status.observedGeneration ||
    next.conditions?.some((condition, index) => condition !== status.conditions?.[index]);
  return changed ? { ...state, status: next } : state;
}

function stopCause(pod: Pod, state: PodState, nowMs: number): StopCause | undefined {
  if (isDeleting(pod)) return "deleted";
  return deadlineMs(pod, state) <= nowMs ? "deadline" : undefined;
}

function stopping(state: PodState, facts: PodFacts, nowMs: number): PodState {
  const { pod, plan, habits } = facts;
  const killAtMs = nowMs + gracePeriodMs(pod);
  return {
    kind: "stopping",
    // A kubelet reports what it is about to do; a terse one reports what has become of it.
    status: habits.terse ? state.status : refreshed(facts, state.status, nowMs),
    cause: isDeleting(pod) ? "deleted" : "deadline",
    stage: "containers",
    untilMs: Math.min(nowMs + plan.stopMs, killAtMs),
    killAtMs,
  };
}

/** The containers have ended by themselves; sidecars are told to end. */
function completed(state: PodState, facts: PodFacts, nowMs: number): PodState {
  const { plan } = facts;
  const exitCode = plan.run.kind === "ends" ? plan.run.exitCode : 0;
  const status = containersEndedStatus(facts, state.status, exitCode, nowMs);
  return stopSidecars({ ...state, status }, "completed", facts, plan.stopMs, nowMs);
}

function stopFurther(
  state: PodState & { kind: "stopping" },
  facts: PodFacts,
  nowMs: number,
): PodState {
  const { pod, plan } = facts;
  // A second deletion may grant less time than the first.
  const killAtMs = Math.min(state.killAtMs, nowMs + gracePeriodMs(pod));
  if (killAtMs < state.untilMs) return { ...state, untilMs: killAtMs, killAtMs };
  if (nowMs < state.untilMs) return state;
  if (state.stage === "sidecars") return ended(state, facts, state.cause, nowMs);
  const killed = plan.stopMs > 0 && nowMs >= state.killAtMs;
  const status = containersEndedStatus(facts, state.status, killed ? 137 : 0, nowMs);
  const stopMs = Math.min(plan.stopMs, Math.max(0, state.killAtMs - nowMs));
  return stopSidecars({ ...state, status }, state.cause, facts, stopMs, nowMs);
}

/** Sidecars are ended after the containers (KEP-753); a pod without them has ended. */
function stopSidecars(
  state: PodState,
  cause: StopCause,
  facts: PodFacts,
  stopMs: number,
  nowMs: number,
): PodState {
  const { status } = state;
  if (!status.initContainerStatuses?.some((each) => each.state?.running !== undefined)) {
    return ended(state, facts, cause, nowMs);
  }
  const untilMs = nowMs + stopMs;
  const killAtMs = state.kind === "stopping" ? state.killAtMs : nowMs + gracePeriodMs(facts.pod);
  return { kind: "stopping", status, cause, stage: "sidecars", untilMs, killAtMs };
}

function ended(
  state: PodState,
  facts: PodFacts,
  cause: StopCause | undefined,
  nowMs: number,
): PodState {
  const failure = cause === "deadline" ? deadlineExceeded : undefined;
  const status = endedStatus(facts, state.status, failure, nowMs);
  return { kind: "ended", status, sinceMs: nowMs };
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
