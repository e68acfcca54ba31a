import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, stringAt, withDefaults } from "../../k8s/json-fields.ts";
import { ApiError, forbidden, type StatusCause } from "../../k8s/status.ts";
import { forbiddenField, immutable, notSupported } from "./causes.ts";
import type { Strategy, StrategyContext } from "./strategy.ts";

const userMax = 1_000_000_000;
const systemValues: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** PriorityClasses (`pkg/registry/scheduling/priorityclass`, `plugin/pkg/admission/priority`). */
export const priorityClassStrategy: Strategy = {
  countsGenerations: true,
  defaults: (priorityClass) =>
    withDefaults(
      priorityClass["value"] === undefined ? { ...priorityClass, value: 0 } : priorityClass,
      { preemptionPolicy: "PreemptLowerPriority" },
    ),
  prepareForCreate: onlyDefault,
  prepareForUpdate: (next, _previous, context) => onlyDefault(next, context),
  validate: validatePriorityClass,
  validateUpdate: (next, previous) =>
    ["value", "preemptionPolicy"]
      .filter((field) => next[field] !== previous[field])
      .map((field) =>
        field === "value"
          ? forbiddenField(field, "may not be changed in an update.")
          : immutable(field, next[field]),
      ),
  refuseDelete(priorityClass) {
    const name = nameOf(priorityClass);
    return name in systemValues
      ? "this is a system priority class and cannot be deleted"
      : undefined;
  },
};

function nameOf(object: JsonObject): string {
  return stringAt(objectAt(object, "metadata"), "name");
}

function onlyDefault(priorityClass: JsonObject, context: StrategyContext): JsonObject {
  if (priorityClass["globalDefault"] !== true) return priorityClass;
  for (const other of context.list("scheduling.k8s.io", "priorityclasses")) {
    if (other["globalDefault"] !== true || nameOf(other) === nameOf(priorityClass)) continue;
    const of = { group: "scheduling.k8s.io", plural: "priorityclasses" };
    const why = `PriorityClass ${nameOf(other)} is already marked as default. Only one default can exist`;
    throw new ApiError(forbidden(of, nameOf(priorityClass), why));
  }
  return priorityClass;
}

function validatePriorityClass(priorityClass: JsonObject): readonly StatusCause[] {
  const name = nameOf(priorityClass);
  const value = numberAt(priorityClass, "value") ?? 0;
  const policy = stringAt(priorityClass, "preemptionPolicy");
  const causes: StatusCause[] = [];
  if (name.startsWith("system-")) {
    if (systemValues[name] !== value || priorityClass["globalDefault"] === true) {
      const detail =
        "priority class names with 'system-' prefix are reserved for system use only. error: " +
        (name in systemValues
          ? `value of ${name} PriorityClass must be ${systemValues[name]}`
          : `${name} is not a known system priority class`);
      causes.push(forbiddenField("metadata.name", detail));
    }
  } else if (value > userMax) {
    const detail = `maximum allowed value of a user defined priority is ${userMax}`;
    causes.push(forbiddenField("value", detail));
  }
  const supported = ["PreemptLowerPriority", "Never"];
  if (!supported.includes(policy)) causes.push(notSupported("preemptionPolicy", policy, supported));
  return causes;
}
