import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import { isAbsent } from "../../k8s/json-fields.ts";

/** One Event is read and written in two groups (`pkg/apis/events/v1/conversion.go`). */

/** The names of fields in events.k8s.io/v1 and in v1; all others are called the same. */
const names: readonly (readonly [events: string, core: string])[] = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];
const toCoreName = new Map(names);
const fromCoreName = new Map(names.map(([events, core]) => [core, events]));

/** An Event of events.k8s.io/v1 as the core group has it, which is how it is stored. */
export function eventToCore(event: JsonObject): JsonObject {
  return { ...renamed(event, toCoreName), apiVersion: "v1" };
}

/** A stored Event as events.k8s.io/v1 has it. */
export function eventFromCore(event: JsonObject): JsonObject {
  return { ...renamed(event, fromCoreName), apiVersion: "events.k8s.io/v1" };
}

/** The name in the core group of a field that a selector names (`regarding.name`). */
export function eventFieldToCore(label: string): string {
  const [first = "", ...rest] = label.split(".");
  return [toCoreName.get(first) ?? first, ...rest].join(".");
}

function renamed(event: JsonObject, newNames: ReadonlyMap<string, string>): JsonObject {
  const result: Record<string, JsonValue | undefined> = {};
  for (const [name, value] of Object.entries(event)) {
    // Only where it holds something: a field of the new name may be in the object already.
    const newName = newNames.get(name);
    if (newName !== undefined && isAbsent(value)) continue;
    result[newName ?? name] = value;
  }
  return result;
}
