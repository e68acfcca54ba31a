import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import type { Conversion } from "../endpoint.ts";

/** The fields that `events.k8s.io/v1` calls otherwise than the core group, which is stored. */
const storedNames: Readonly<Record<string, string>> = {
  regarding: "involvedObject",
  note: "message",
  reportingController: "reportingComponent",
  deprecatedCount: "count",
  deprecatedFirstTimestamp: "firstTimestamp",
  deprecatedLastTimestamp: "lastTimestamp",
  deprecatedSource: "source",
};
const servedNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(storedNames).map(([served, stored]) => [stored, served]),
);

/** Events as `events.k8s.io/v1` (`pkg/apis/events/v1/conversion.go`). */
export const eventConversion: Conversion = {
  toStored: (event) => ({ ...renamed(event, storedNames), apiVersion: "v1" }),
  fromStored: (event) => ({ ...renamed(event, servedNames), apiVersion: "events.k8s.io/v1" }),
  fieldLabel: (label) => {
    const [first = "", ...rest] = label.split(".");
    return [storedNames[first] ?? first, ...rest].join(".");
  },
};

function renamed(object: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  const result: Record<string, JsonValue | undefined> = {};
  for (const name in object) result[names[name] ?? name] = object[name];
  return result;
}
