import type { JsonObject } from "../../k8s/json.ts";
import { isAbsent, numberAt, objectAt, stringAt } from "../../k8s/json-fields.ts";
import { column, nameOf, printerOfColumns, since } from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

function firstSeen(event: JsonObject, nowMs: number): string {
  const first = event["firstTimestamp"];
  return since(isAbsent(first) ? (event["eventTime"] ?? undefined) : first, nowMs);
}

function lastSeen(event: JsonObject, nowMs: number): string {
  const series = event["series"];
  if (!isAbsent(series)) return since(objectAt(event, "series")["lastObservedTime"], nowMs);
  const last = event["lastTimestamp"];
  return isAbsent(last) ? firstSeen(event, nowMs) : since(last, nowMs);
}

function countOf(event: JsonObject): number {
  if (!isAbsent(event["series"])) return numberAt(objectAt(event, "series"), "count") ?? 0;
  // Events of the newer form that happened once have no count.
  return numberAt(event, "count") || 1;
}

function objectOf(event: JsonObject): string {
  const object = objectAt(event, "involvedObject");
  const kind = stringAt(object, "kind").toLowerCase();
  const name = stringAt(object, "name");
  return name === "" ? kind : `${kind}/${name}`;
}

function sourceOf(event: JsonObject): string {
  const source = objectAt(event, "source");
  const component = stringAt(source, "component") || stringAt(event, "reportingComponent");
  const instance = stringAt(source, "host") || stringAt(event, "reportingInstance");
  return instance === "" ? component : `${component}, ${instance}`;
}

const wide = { wide: true };

/** Events of the core group. */
export const eventPrinter: TablePrinter = printerOfColumns(
  column("Last Seen", "Time since it happened last.", lastSeen),
  column("Type", "Normal or Warning.", (event) => stringAt(event, "type")),
  column("Reason", "What happened, in a word.", (event) => stringAt(event, "reason")),
  column("Object", "What it happened to.", objectOf),
  column(
    "Subobject",
    "Part of it.",
    (event) => stringAt(objectAt(event, "involvedObject"), "fieldPath"),
    wide,
  ),
  column("Source", "Who reported it.", sourceOf, wide),
  column("Message", "What happened.", (event) => stringAt(event, "message").trim()),
  column("First Seen", "Time since it happened first.", firstSeen, wide),
  column("Count", "How often it happened.", countOf, wide),
  column("Name", "Name of the event.", nameOf, { wide: true, format: "name" }),
);
