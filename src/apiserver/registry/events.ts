import type { JsonObject } from "../../k8s/json.ts";
import { isAbsent, objectAt, stringAt } from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { invalidValue, required } from "./causes.ts";
import type { Strategy } from "./strategy.ts";

/** Events of the core group (`pkg/registry/core/event/strategy.go`). */
export const eventStrategy: Strategy = {
  createOnUpdate: true,
  validate: validateEvent,
  selectableFields(event) {
    const object = objectAt(event, "involvedObject");
    const source = objectAt(event, "source");
    return {
      "involvedObject.kind": stringAt(object, "kind"),
      "involvedObject.namespace": stringAt(object, "namespace"),
      "involvedObject.name": stringAt(object, "name"),
      "involvedObject.uid": stringAt(object, "uid"),
      "involvedObject.apiVersion": stringAt(object, "apiVersion"),
      "involvedObject.resourceVersion": stringAt(object, "resourceVersion"),
      "involvedObject.fieldPath": stringAt(object, "fieldPath"),
      reason: stringAt(event, "reason"),
      reportingComponent: stringAt(event, "reportingComponent"),
      source: stringAt(source, "component") || stringAt(event, "reportingComponent"),
      type: stringAt(event, "type"),
    };
  },
};

/** `legacyValidateEvent` of `pkg/apis/core/validation/events.go`. */
function validateEvent(event: JsonObject): readonly StatusCause[] {
  const namespace = stringAt(objectAt(event, "metadata"), "namespace");
  const involved = stringAt(objectAt(event, "involvedObject"), "namespace");
  const mismatch = invalidValue(
    "involvedObject.namespace",
    involved,
    "does not match event.namespace",
  );
  if (isAbsent(event["eventTime"])) {
    const fits = involved === "" ? namespace === "default" : namespace === involved;
    return fits ? [] : [mismatch];
  }
  const causes: StatusCause[] = [];
  const clusterWide = namespace === "default" || namespace === "kube-system";
  if (involved === "" && !clusterWide) causes.push(mismatch);
  if (stringAt(event, "reportingComponent") === "") causes.push(required("reportingComponent"));
  for (const [field, wanted] of [
    ["reportingInstance", 128],
    ["action", 128],
    ["reason", 128],
  ] as const) {
    const text = stringAt(event, field);
    if (text === "") causes.push(required(field));
    if (text.length > wanted) {
      causes.push(invalidValue(field, "", `can have at most ${wanted} characters`));
    }
  }
  if (stringAt(event, "message").length > 1024) {
    causes.push(invalidValue("message", "", "can have at most 1024 characters"));
  }
  return causes;
}
