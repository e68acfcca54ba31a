import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  isAbsent,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringMapAt,
} from "../../k8s/json-fields.ts";
import { labelMatcher } from "../../k8s/label-selector.ts";
import type { StatusCause } from "../../k8s/status.ts";
import type { LabelSelector } from "../../k8s/types/meta.ts";
import {
  forbiddenField,
  immutable,
  invalidValue,
  nonNegative,
  notSupported,
  required,
} from "./causes.ts";
import { validateLabelSelector } from "./label-validation.ts";
import { validatePodTemplate } from "./pod-validation.ts";

/** What the controllers' kinds have in common (`pkg/apis/apps/validation/validation.go`). */

/** `spec.selector` of an apps kind: required, not empty. `kind` is for the message. */
export function validateSelector(spec: JsonObject, kind: string): readonly StatusCause[] {
  if (isAbsent(spec["selector"])) return [required("spec.selector")];
  const selector = objectAt(spec, "selector");
  const causes = [...validateLabelSelector(selector, "spec.selector")];
  if (isEmptySelector(selector)) {
    const detail = `empty selector is invalid for ${kind}`;
    causes.push(invalidValue("spec.selector", selector, detail));
  }
  return causes;
}

function isEmptySelector(selector: JsonObject): boolean {
  const labels = Object.keys(objectAt(selector, "matchLabels")).length;
  return labels + objectsAt(selector, "matchExpressions").length === 0;
}

/**
 * Whether the pods of the template would be the workload's own. `whenInvalid` is what is said of a
 * selector that can select nothing because it is wrong, beside what is wrong with it.
 */
export function validateTemplateLabels(
  spec: JsonObject,
  whenInvalid?: string,
): readonly StatusCause[] {
  const selector = objectAt(spec, "selector");
  const template = objectAt(spec, "template");
  if (validateLabelSelector(selector, "").length > 0) {
    return whenInvalid === undefined ? [] : [invalidValue("spec.selector", selector, whenInvalid)];
  }
  // No selector at all selects nothing, unlike an empty one.
  if (!isAbsent(spec["selector"]) && isEmptySelector(selector)) return [];
  const labels = stringMapAt(objectAt(template, "metadata"), "labels");
  if (!isAbsent(spec["selector"]) && labelMatcher(selector as LabelSelector)(labels)) return [];
  const field = "spec.template.metadata.labels";
  return [invalidValue(field, labels, "`selector` does not match template `labels`")];
}

/** A template whose pods run for ever. `kind` is for the message. */
export function validateLastingTemplate(
  template: JsonObject,
  kind: string,
): readonly StatusCause[] {
  const spec = objectAt(template, "spec");
  const causes = [...validatePodTemplate(template, "spec.template")];
  const policy = stringAt(spec, "restartPolicy");
  if (policy !== "Always") {
    causes.push(notSupported("spec.template.spec.restartPolicy", policy, ["Always"]));
  }
  if (numberAt(spec, "activeDeadlineSeconds") !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    causes.push(forbiddenField("spec.template.spec.activeDeadlineSeconds", detail));
  }
  return causes;
}

/** Counts that may be left out but not be negative. */
export function validateCounts(
  spec: JsonObject,
  fields: readonly string[],
  path = "spec",
): readonly StatusCause[] {
  return fields.flatMap((field) => nonNegative(`${path}.${field}`, numberAt(spec, field)));
}

/** Fields of the spec that may not change. */
export function validateImmutable(
  next: JsonObject,
  previous: JsonObject,
  fields: readonly string[],
): readonly StatusCause[] {
  const spec = objectAt(next, "spec");
  const before = objectAt(previous, "spec");
  const changed = fields.filter((field) => !jsonEqual(spec[field], before[field]));
  return changed.map((field) => immutable(`spec.${field}`, spec[field]));
}

/** A count, or a percentage of all. */
export function validateIntOrPercent(
  field: string,
  spec: JsonObject,
  name: string,
): readonly StatusCause[] {
  const value = spec[name];
  if (typeof value === "number") return nonNegative(field, value);
  if (typeof value !== "string") return [];
  if (!/^[0-9]+%$/.test(value)) {
    const detail =
      "a valid percent string must be a numeric string followed by an ending '%' " +
      "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    return [invalidValue(field, value, detail)];
  }
  return [];
}

/** Whether that many, or that percentage, is none. */
export function isZeroIntOrPercent(spec: JsonObject, name: string): boolean {
  const value = spec[name];
  return value === undefined || Number.parseInt(String(value), 10) === 0;
}

/** A percentage above that of all. */
export function validateAtMostAll(
  field: string,
  spec: JsonObject,
  name: string,
): readonly StatusCause[] {
  const value = spec[name];
  if (typeof value !== "string" || !(Number.parseInt(value, 10) > 100)) return [];
  return [invalidValue(field, value, "must not be greater than 100%")];
}
