import { parseTime } from "../../base/rfc3339.ts";
import { humanDuration } from "../../k8s/human-duration.ts";
import { type FleetSurvey, isAllReady } from "../fleet-survey.ts";
import { columns } from "./columns.ts";

const fleetColumns = [
  "FLEET",
  "NODES",
  "READY",
  "NOT READY",
  "UNKNOWN",
  "OLDEST LEASE",
  "PODS",
  "PENDING",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "AGE",
  "RUN BY",
  "METRICS",
] as const;

const versionColumns = ["FLEET", "VERSION", "NODES", "READY", "NOT READY", "UNKNOWN"] as const;

/** What `status` prints: tables for a person, or one JSON object. */
export function statusReport(
  fleets: readonly FleetSurvey[],
  nowMs: number,
  format: "text" | "json",
): readonly string[] {
  if (format === "json") {
    const ready = fleets.length > 0 && fleets.every(isAllReady);
    return [JSON.stringify({ ready, fleets })];
  }
  if (fleets.length === 0) return ["No fleets found."];
  const table = columns([fleetColumns, ...fleets.map((fleet) => fleetRow(fleet, nowMs))]);
  const mixed = fleets.filter(({ versions }) => versions.length > 1);
  if (mixed.length === 0) return table;
  return [...table, "", ...columns([versionColumns, ...mixed.flatMap(versionRows)])];
}

function fleetRow(survey: FleetSurvey, nowMs: number): readonly string[] {
  const { fleet, holder, since, metrics, nodes, oldestLease, pods } = survey;
  const { wanted, registered } = nodes;
  const { Pending, Running, Succeeded, Failed, Unknown } = pods;
  const total = Pending + Running + Succeeded + Failed + Unknown;
  return [
    fleet,
    wanted === undefined ? String(registered) : `${registered}/${wanted}`,
    ...[nodes.ready, nodes.notReady, nodes.unknown].map(String),
    ageOf(oldestLease?.renewTime, nowMs),
    ...[total, Pending, Running, Succeeded, Failed].map(String),
    ageOf(since, nowMs),
    holder ?? "<none>",
    metrics ?? "<none>",
  ];
}

function versionRows({ fleet, versions }: FleetSurvey): readonly (readonly string[])[] {
  return versions.map(({ kubeletVersion, registered, ready, notReady, unknown }) => [
    fleet,
    kubeletVersion,
    ...[registered, ready, notReady, unknown].map(String),
  ]);
}

function ageOf(time: string | undefined, nowMs: number): string {
  const epochMs = parseTime(time ?? "");
  return epochMs === undefined ? "<none>" : humanDuration(nowMs - epochMs);
}
