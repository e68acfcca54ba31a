import type { JsonObject } from "../../k8s/json.ts";
import {
  mapEach,
  mapStruct,
  objectAt,
  stringMapAt,
  withDefaults,
  withMember,
} from "../../k8s/json-fields.ts";
import type { Strategy } from "./strategy.ts";

/** LimitRanges; that they bind new pods is not done yet. */
export const limitRangeStrategy: Strategy = {
  createOnUpdate: true,
  defaults: (range) => mapStruct(range, "spec", (spec) => mapEach(spec, "limits", defaultItem)),
};

/** `SetDefaults_LimitRangeItem`: what is not said of a container follows from what is. */
function defaultItem(item: JsonObject): JsonObject {
  if (item["type"] !== "Container") return item;
  const limits = withDefaults(objectAt(item, "default"), stringMapAt(item, "max"));
  const requests = withDefaults(
    withDefaults(objectAt(item, "defaultRequest"), limits),
    stringMapAt(item, "min"),
  );
  const withLimits = Object.keys(limits).length === 0 ? item : withMember(item, "default", limits);
  return Object.keys(requests).length === 0
    ? withLimits
    : withMember(withLimits, "defaultRequest", requests);
}
