import { parseTime } from "../../base/rfc3339.ts";
import { humanDuration } from "../../k8s/human-duration.ts";
import type { JsonObject } from "../../k8s/json.ts";
import { isAbsent, numberAt, objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

/** What a pod's containers come to (`printPod` of `pkg/printers/internalversion/printers.go`). */
interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  /** Of the last end of a container that was started again. */
  readonly lastRestartMs: number | undefined;
}

/** What is counted while the containers are walked. */
interface Tally {
  ready: number;
  restarts: number;
  lastRestartMs: number | undefined;
}

const shown = [
  nameColumn,
  column("Ready", "Containers that are ready, of how many.", () => ""),
  column("Status", "What the containers come to.", () => ""),
  column("Restarts", "How often containers were started again, and when last.", () => ""),
  ageColumn,
  column("IP", "Address of the pod.", ipOf, { wide: true }),
  column(
    "Node",
    "Node that the pod is bound to.",
    (pod) => orNone(stringAt(objectAt(pod, "spec"), "nodeName")),
    { wide: true },
  ),
  column(
    "Nominated Node",
    "Node on which room is being made.",
    (pod) => orNone(stringAt(objectAt(pod, "status"), "nominatedNodeName")),
    { wide: true },
  ),
  column("Readiness Gates", "Gates that are open, of how many.", gatesOf, { wide: true }),
];

/** Pods. Three of the cells are read off one walk over the containers. */
export const podPrinter: TablePrinter = {
  columns: shown.map(({ definition }) => definition),
  cells(pod, nowMs) {
    const summary = summarize(pod);
    const { restarts, lastRestartMs } = summary;
    const ago = lastRestartMs === undefined ? "" : ` (${humanDuration(nowMs - lastRestartMs)} ago)`;
    const [name, , , , age, ...rest] = shown.map(({ cell }) => cell(pod, nowMs));
    return [
      name ?? "",
      `${summary.ready}/${summary.total}`,
      summary.status,
      restarts === 0 ? "0" : `${restarts}${ago}`,
      age ?? "",
      ...rest,
    ];
  },
};

function orNone(text: string): string {
  return text === "" ? "<none>" : text;
}

function ipOf(pod: JsonObject): string {
  const [first] = objectsAt(objectAt(pod, "status"), "podIPs");
  return orNone(first === undefined ? "" : stringAt(first, "ip"));
}

function gatesOf(pod: JsonObject): string {
  const gates = objectsAt(objectAt(pod, "spec"), "readinessGates");
  if (gates.length === 0) return "<none>";
  const open = gates.filter((gate) => hasCondition(pod, stringAt(gate, "conditionType")));
  return `${open.length}/${gates.length}`;
}

function hasCondition(pod: JsonObject, type: string): boolean {
  const conditions = objectsAt(objectAt(pod, "status"), "conditions");
  return conditions.find((condition) => condition["type"] === type)?.["status"] === "True";
}

function summarize(pod: JsonObject): PodSummary {
  const spec = objectAt(pod, "spec");
  const sidecars = new Set(
    objectsAt(spec, "initContainers")
      .filter(({ restartPolicy }) => restartPolicy === "Always")
      .map((container) => stringAt(container, "name")),
  );
  const total = objectsAt(spec, "containers").length + sidecars.size;
  const init = summarizeInit(pod, sidecars);
  const base = init.reason ?? phaseReason(pod);
  const running =
    init.reason === undefined || hasCondition(pod, "Initialized")
      ? summarizeContainers(pod, base, init.sidecarTally)
      : undefined;
  const tally = running === undefined ? init.tally : running.tally;
  return {
    ready: tally.ready,
    total,
    status: endReason(pod) ?? running?.reason ?? base,
    restarts: tally.restarts,
    lastRestartMs: tally.lastRestartMs,
  };
}

function phaseReason(pod: JsonObject): string {
  const status = objectAt(pod, "status");
  const gated = objectsAt(status, "conditions").some(
    ({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated",
  );
  if (gated) return "SchedulingGated";
  return stringAt(status, "reason") || stringAt(status, "phase");
}

/** What deletion makes of it, undefined if it is not being deleted. */
function endReason(pod: JsonObject): string | undefined {
  if (isAbsent(objectAt(pod, "metadata")["deletionTimestamp"])) return undefined;
  const status = objectAt(pod, "status");
  if (stringAt(status, "reason") === "NodeLost") return "Unknown";
  const phase = stringAt(status, "phase");
  return phase === "Succeeded" || phase === "Failed" ? undefined : "Terminating";
}

function addRestarts(tally: Tally, container: JsonObject): void {
  tally.restarts += numberAt(container, "restartCount") ?? 0;
  const finishedAt = stringAt(objectAt(container, "lastState", "terminated"), "finishedAt");
  const finishedMs = finishedAt === "" ? undefined : parseTime(finishedAt);
  if (finishedMs === undefined) return;
  tally.lastRestartMs = Math.max(tally.lastRestartMs ?? finishedMs, finishedMs);
}

function summarizeInit(
  pod: JsonObject,
  sidecars: ReadonlySet<string>,
): { readonly reason: string | undefined; readonly tally: Tally; readonly sidecarTally: Tally } {
  const tally: Tally = { ready: 0, restarts: 0, lastRestartMs: undefined };
  const sidecarTally: Tally = { ready: 0, restarts: 0, lastRestartMs: undefined };
  const count = objectsAt(objectAt(pod, "spec"), "initContainers").length;
  const statuses = objectsAt(objectAt(pod, "status"), "initContainerStatuses");
  for (const [index, container] of statuses.entries()) {
    const isSidecar = sidecars.has(stringAt(container, "name"));
    addRestarts(tally, container);
    if (isSidecar) addRestarts(sidecarTally, container);
    const terminated = objectAt(container, "state", "terminated");
    const isTerminated = !isAbsent(objectAt(container, "state")["terminated"]);
    if (isTerminated && (numberAt(terminated, "exitCode") ?? 0) === 0) continue;
    if (isSidecar && container["started"] === true) {
      if (container["ready"] === true) {
        tally.ready += 1;
        sidecarTally.ready += 1;
      }
      continue;
    }
    const waiting = stringAt(objectAt(container, "state", "waiting"), "reason");
    if (isTerminated)
      return { reason: `Init:${terminatedReason(terminated)}`, tally, sidecarTally };
    if (waiting !== "" && waiting !== "PodInitializing") {
      return { reason: `Init:${waiting}`, tally, sidecarTally };
    }
    return { reason: `Init:${index}/${count}`, tally, sidecarTally };
  }
  return { reason: undefined, tally, sidecarTally };
}

function terminatedReason(terminated: JsonObject): string {
  const reason = stringAt(terminated, "reason");
  if (reason !== "") return reason;
  const signal = numberAt(terminated, "signal") ?? 0;
  return signal === 0 ? `ExitCode:${numberAt(terminated, "exitCode") ?? 0}` : `Signal:${signal}`;
}

function summarizeContainers(
  pod: JsonObject,
  base: string,
  sidecars: Tally,
): { readonly reason: string; readonly tally: Tally } {
  const tally = { ...sidecars };
  const statuses = objectsAt(objectAt(pod, "status"), "containerStatuses");
  let reason = base;
  let hasRunning = false;
  // The first container has the last word.
  for (const container of statuses.toReversed()) {
    addRestarts(tally, container);
    const state = objectAt(container, "state");
    const waiting = stringAt(objectAt(state, "waiting"), "reason");
    if (waiting !== "") reason = waiting;
    else if (!isAbsent(state["terminated"]))
      reason = terminatedReason(objectAt(state, "terminated"));
    else if (container["ready"] === true && !isAbsent(state["running"])) {
      hasRunning = true;
      tally.ready += 1;
    }
  }
  // One that has ended does not hide those that still run.
  if (reason === "Completed" && hasRunning) {
    reason = hasCondition(pod, "Ready") ? "Running" : "NotReady";
  }
  return { reason, tally };
}
