import { parseTime } from "../base/rfc3339.ts";
import type { Pod, PodStatus } from "../k8s/types/core.ts";
import { isSidecar } from "./container-status.ts";
import type { PodRejection } from "./pod-admission.ts";
import { type PodFacts, refreshed, rejectedStatus, startingStatus } from "./pod-status.ts";

/** Why the containers of a pod are being ended. */
export type StopCause = "deleted" | "deadline" | "completed";

/** Where a pod stands with its kubelet. Each state holds the status that follows from it. */
export type PodState =
  /** Volumes, sandbox and images: the first container starts at `untilMs`. */
  | { readonly kind: "creating"; readonly status: PodStatus; readonly untilMs: number }
  /** Init container `index` runs until `untilMs`. */
  | {
      readonly kind: "initializing";
      readonly status: PodStatus;
      readonly index: number;
      readonly untilMs: number;
    }
  /** The containers end by themselves at `endsAtMs`, which may be infinite. */
  | { readonly kind: "running"; readonly status: PodStatus; readonly endsAtMs: number }
  /** First the containers are ended, then the sidecars; `killAtMs` ends the grace of all of them. */
  | {
      readonly kind: "stopping";
      readonly status: PodStatus;
      readonly cause: StopCause;
      readonly stage: "containers" | "sidecars";
      readonly untilMs: number;
      readonly killAtMs: number;
    }
  /** Succeeded or Failed: it stays until somebody deletes it. */
  | { readonly kind: "ended"; readonly status: PodStatus; readonly sinceMs: number }
  /** Nothing of it is left on the node: the API server may forget it. */
  | { readonly kind: "removing"; readonly status: PodStatus };

/**
 * The state of a pod that its kubelet sees for the first time. What already runs according to its
 * status goes on running, as containers outlive the restart of their kubelet.
 */
export function firstState(facts: PodFacts, nowMs: number): PodState {
  const { pod, plan } = facts;
  const reported = pod.status;
  if (reported?.phase === "Succeeded" || reported?.phase === "Failed") {
    return { kind: "ended", status: reported, sinceMs: Number.NEGATIVE_INFINITY };
  }
  if (reported?.containerStatuses?.some(({ state }) => state?.running !== undefined)) {
    const startedText = reported.containerStatuses[0]?.state?.running?.startedAt ?? "";
    const status = refreshed(facts, reported, nowMs);
    return {
      kind: "running",
      status,
      endsAtMs: endOfRunMs(facts, parseTime(startedText) ?? nowMs),
    };
  }
  const index = nextInitIndex(pod);
  if (reported?.initContainerStatuses !== undefined && index > 0) {
    const status = refreshed(facts, reported, nowMs);
    return { kind: "initializing", status, index: index - 1, untilMs: nowMs };
  }
  return {
    kind: "creating",
    status: startingStatus(facts, nowMs),
    untilMs: nowMs + plan.createMs,
  };
}

/** The state of a pod that its node has no room for. */
export function rejectedState(
  facts: Pick<PodFacts, "pod" | "habits">,
  rejection: PodRejection,
  nowMs: number,
): PodState {
  return { kind: "ended", status: rejectedStatus(facts, rejection, nowMs), sinceMs: nowMs };
}

/** When the containers end by themselves; never, where the restart policy would start them again. */
export function endOfRunMs({ pod, plan }: PodFacts, startedMs: number): number {
  const { run } = plan;
  if (run.kind === "forever") return Number.POSITIVE_INFINITY;
  const policy = pod.spec.restartPolicy ?? "Always";
  const restarts = policy === "Always" || (policy === "OnFailure" && run.exitCode !== 0);
  return restarts ? Number.POSITIVE_INFINITY : startedMs + run.afterMs;
}

/** The first init container that the reported status does not show as started. */
function nextInitIndex(pod: Pod): number {
  const containers = pod.spec.initContainers ?? [];
  const index = containers.findIndex((container) => {
    const reported = pod.status?.initContainerStatuses?.find(({ name }) => name === container.name);
    const state = reported?.state;
    const started = isSidecar(container)
      ? state?.running !== undefined
      : state?.running !== undefined || state?.terminated !== undefined;
    return !started;
  });
  return index === -1 ? containers.length : index;
}
