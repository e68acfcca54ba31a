import { toTime } from "../base/rfc3339.ts";
import { findCondition } from "../k8s/conditions.ts";
import type { ContainerStatus, Pod, PodStatus } from "../k8s/types/core.ts";
import type { Condition } from "../k8s/types/meta.ts";
import type { PodHabits } from "./pod-habits.ts";

type Finding = Pick<Condition, "status" | "reason" | "message">;

/** A pod's status without its conditions, which follow from it. */
export type PodStatusDraft = Omit<PodStatus, "conditions">;

/**
 * The conditions that a kubelet reports (`pkg/kubelet/status/generate.go`), in its order. One that
 * says what it said in `previous` is the same object again, so that a comparison is cheap; its
 * `lastTransitionTime` stays while its status does.
 *
 * @param sandboxReady whether the pod has its sandbox and its addresses
 */
export function podConditions(
  pod: Pod,
  status: PodStatusDraft,
  previous: readonly Condition[] | undefined,
  habits: PodHabits,
  sandboxReady: boolean,
  nowMs: number,
): readonly Condition[] {
  const containersReady = findContainersReady(pod, status);
  const findings: readonly (readonly [string, Finding])[] = [
    ["PodReadyToStartContainers", { status: sandboxReady ? "True" : "False" }],
    ["Initialized", findInitialized(pod, status)],
    ["Ready", findReady(pod, containersReady)],
    ["ContainersReady", containersReady],
    // Set by the binding; only a pod that was created with its node's name lacks it.
    ["PodScheduled", { status: "True" }],
  ];
  // Servers before 1.33 do not count the generations of pods.
  const generation = habits.observedGeneration ? pod.metadata.generation : undefined;
  return findings.map(([type, finding]) => {
    const before = findCondition(previous, type);
    if (type === "PodScheduled" && before?.status === "True" && habits.terse) return before;
    return nextCondition(type, finding, before, generation, habits, nowMs);
  });
}

const noProbe: Pick<Condition, "lastProbeTime"> = { lastProbeTime: null };

function nextCondition(
  type: string,
  finding: Finding,
  before: Condition | undefined,
  generation: number | undefined,
  habits: PodHabits,
  nowMs: number,
): Condition {
  const sameStatus = before?.status === finding.status;
  if (
    sameStatus &&
    before.reason === finding.reason &&
    before.message === finding.message &&
    before.observedGeneration === generation
  ) {
    return before;
  }
  const sinceText = sameStatus ? before.lastTransitionTime : undefined;
  return {
    type,
    ...(habits.terse ? {} : noProbe),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...finding,
    lastTransitionTime: sinceText ?? toTime(nowMs),
  };
}

function findContainersReady(pod: Pod, status: PodStatusDraft): Finding {
  if (status.phase === "Failed") return { status: "False", reason: "PodFailed" };
  if (status.phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  const unready: string[] = [];
  for (const { name, restartPolicy } of pod.spec.initContainers ?? []) {
    if (restartPolicy !== "Always") continue;
    if (!statusOf(status.initContainerStatuses, name)?.ready) unready.push(name);
  }
  for (const { name } of pod.spec.containers) {
    if (!statusOf(status.containerStatuses, name)?.ready) unready.push(name);
  }
  if (unready.length === 0) return { status: "True" };
  const message = `containers with unready status: [${unready.join(" ")}]`;
  return { status: "False", reason: "ContainersNotReady", message };
}

function findReady(pod: Pod, containersReady: Finding): Finding {
  if (containersReady.status !== "True") return containersReady;
  const faults: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = findCondition(pod.status?.conditions, conditionType);
    if (gate === undefined) {
      faults.push(
        `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
      );
    } else if (gate.status !== "True") {
      faults.push(
        `the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`,
      );
    }
  }
  if (faults.length === 0) return { status: "True" };
  return { status: "False", reason: "ReadinessGatesNotReady", message: faults.join(", ") };
}

function findInitialized(pod: Pod, status: PodStatusDraft): Finding {
  if (status.phase === "Succeeded") return { status: "True", reason: "PodCompleted" };
  const started = status.containerStatuses?.some(
    ({ state }) => state?.running !== undefined || state?.terminated?.startedAt !== undefined,
  );
  if (started) return { status: "True" };
  const incomplete: string[] = [];
  for (const { name, restartPolicy } of pod.spec.initContainers ?? []) {
    const container = statusOf(status.initContainerStatuses, name);
    const done = restartPolicy === "Always" ? container?.started : container?.ready;
    if (!done) incomplete.push(name);
  }
  if (incomplete.length === 0) return { status: "True" };
  const message = `containers with incomplete status: [${incomplete.join(" ")}]`;
  return { status: "False", reason: "ContainersNotInitialized", message };
}

function statusOf(
  statuses: readonly ContainerStatus[] | undefined,
  name: string,
): ContainerStatus | undefined {
  return statuses?.find((status) => status.name === name);
}
