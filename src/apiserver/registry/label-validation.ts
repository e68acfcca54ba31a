import type { JsonObject } from "../../k8s/json.ts";
import { objectsAt, stringAt, stringMapAt, stringsAt } from "../../k8s/json-fields.ts";
import { labelValueErrors, qualifiedNameErrors } from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { forbiddenField, invalidFor, invalidValue, required } from "./causes.ts";

/** Labels and label selectors (`apimachinery/pkg/apis/meta/v1/validation/validation.go`). */

/** A map of labels; also of node selectors, which are written alike. */
export function validateLabels(
  labels: Readonly<Record<string, string>>,
  path: string,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  for (const key in labels) {
    causes.push(...invalidFor(path, key, qualifiedNameErrors(key)));
    const value = labels[key] ?? "";
    causes.push(...invalidFor(path, value, labelValueErrors(value)));
  }
  return causes;
}

/** A LabelSelector as it stands in the spec of a workload. */
export function validateLabelSelector(selector: JsonObject, path: string): readonly StatusCause[] {
  const causes = [...validateLabels(stringMapAt(selector, "matchLabels"), `${path}.matchLabels`)];
  for (const [index, requirement] of objectsAt(selector, "matchExpressions").entries()) {
    causes.push(...validateRequirement(requirement, `${path}.matchExpressions[${index}]`));
  }
  return causes;
}

function validateRequirement(requirement: JsonObject, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const operator = stringAt(requirement, "operator");
  const values = stringsAt(requirement, "values");
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) {
      causes.push(
        required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
      );
    }
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      causes.push(forbiddenField(`${path}.values`, detail));
    }
  } else {
    causes.push(invalidValue(`${path}.operator`, operator, "not a valid selector operator"));
  }
  const key = stringAt(requirement, "key");
  causes.push(...invalidFor(`${path}.key`, key, qualifiedNameErrors(key)));
  for (const [index, value] of values.entries()) {
    causes.push(...invalidFor(`${path}.values[${index}]`, value, labelValueErrors(value)));
  }
  return causes;
}
