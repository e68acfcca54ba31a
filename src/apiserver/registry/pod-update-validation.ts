import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  withMember,
  without,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { forbiddenField, invalidValue } from "./causes.ts";

/** What may change in the spec of a pod (`ValidatePodUpdate` in `pkg/apis/core/validation`). */

const updatable = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

/** The causes for which an update of the spec is refused. */
export function validatePodSpecUpdate(
  next: JsonObject,
  previous: JsonObject,
): readonly StatusCause[] {
  if (next === previous) return [];
  for (const field of ["containers", "initContainers"]) {
    if (objectsAt(next, field).length === objectsAt(previous, field).length) continue;
    return [forbiddenField(`spec.${field}`, "pod updates may not add or remove containers")];
  }
  const causes = [
    ...validateDeadlineUpdate(next, previous),
    ...validateTolerationsUpdate(next, previous),
    ...validateGatesUpdate(next, previous),
  ];
  if (jsonEqual(comparable(next, previous), comparable(previous, previous))) return causes;
  const detail = `pod updates may not change fields other than ${updatable}\n`;
  return [...causes, forbiddenField("spec", detail)];
}

function validateDeadlineUpdate(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const field = "spec.activeDeadlineSeconds";
  const deadline = numberAt(next, "activeDeadlineSeconds");
  const before = numberAt(previous, "activeDeadlineSeconds");
  if (before === undefined) return [];
  if (deadline === undefined) {
    return [invalidValue(field, undefined, "must not update from a positive integer to nil value")];
  }
  if (deadline <= before) return [];
  return [invalidValue(field, deadline, "must be less than or equal to previous value")];
}

function validateTolerationsUpdate(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const withoutSeconds = (object: JsonObject): JsonObject => without(object, "tolerationSeconds");
  const kept = objectsAt(next, "tolerations").map(withoutSeconds);
  for (const toleration of objectsAt(previous, "tolerations")) {
    const wanted = withoutSeconds(toleration);
    if (kept.some((other) => jsonEqual(other, wanted))) continue;
    const detail = "existing toleration can not be modified except its tolerationSeconds";
    return [forbiddenField("spec.tolerations", detail)];
  }
  return [];
}

function validateGatesUpdate(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const before = new Set(objectsAt(previous, "schedulingGates").map(({ name }) => name));
  const causes: StatusCause[] = [];
  for (const [index, gate] of objectsAt(next, "schedulingGates").entries()) {
    const name = stringAt(gate, "name");
    if (before.has(name)) continue;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    causes.push(forbiddenField(`spec.schedulingGates[${index}].name`, detail));
  }
  return causes;
}

/** The spec with every field that may change set to what it was. */
function comparable(spec: JsonObject, previous: JsonObject): JsonObject {
  let result = without(spec, "activeDeadlineSeconds", "tolerations", "schedulingGates");
  for (const field of ["containers", "initContainers"]) {
    const containers = objectsAt(spec, field);
    const images = objectsAt(previous, field);
    const masked = containers.map((container, index) => ({
      ...container,
      image: images[index]?.["image"] ?? "",
    }));
    result = containers.length === 0 ? without(result, field) : { ...result, [field]: masked };
  }
  const before = numberAt(previous, "terminationGracePeriodSeconds") ?? 0;
  if (before < 0 && numberAt(spec, "terminationGracePeriodSeconds") === 1) {
    result = { ...result, terminationGracePeriodSeconds: before };
  }
  return objectsAt(previous, "schedulingGates").length === 0 ? result : ungated(result, previous);
}

/** While a pod is gated, where it may run can still be narrowed. */
function ungated(spec: JsonObject, previous: JsonObject): JsonObject {
  const before = objectAt(previous, "nodeSelector");
  const selector = objectAt(spec, "nodeSelector");
  const kept = Object.keys(before).every((key) => selector[key] === before[key]);
  const narrowed = kept ? withMember(spec, "nodeSelector", before) : spec;
  return narrowed;
}
