import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  isAbsent,
  mapMember,
  mapStruct,
  objectAt,
  stringAt,
  withDefaults,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { invalidValue, notSupported, required } from "./causes.ts";
import { defaultTemplateIn } from "./pod-spec-defaults.ts";
import type { Strategy } from "./strategy.ts";
import {
  isZeroIntOrPercent,
  validateAtMostAll,
  validateCounts,
  validateImmutable,
  validateIntOrPercent,
  validateLastingTemplate,
  validateSelector,
  validateTemplateLabels,
} from "./workload-validation.ts";

const templateGeneration = "deprecated.daemonset.template.generation";

/** DaemonSets (`pkg/registry/apps/daemonset/strategy.go`). */
export const daemonSetStrategy: Strategy = {
  countsGenerations: true,
  defaults: (set) => mapStruct(set, "spec", defaultSpec),
  prepareForCreate(set) {
    const counts = {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    };
    const asked = templateGenerationOf(set);
    return withTemplateGeneration({ ...set, status: counts }, Math.max(asked, 1));
  },
  prepareForUpdate(next, previous) {
    const generation = templateGenerationOf(previous);
    const template = objectAt(next, "spec")["template"];
    const same = jsonEqual(template, objectAt(previous, "spec")["template"]);
    return withTemplateGeneration(next, same ? generation : generation + 1);
  },
  validate: validateDaemonSet,
  validateUpdate: (next, previous) => validateImmutable(next, previous, ["selector"]),
};

function templateGenerationOf(set: JsonObject): number {
  const text = stringAt(objectAt(set, "metadata", "annotations"), templateGeneration);
  return Number.parseInt(text, 10) || 0;
}

function withTemplateGeneration(set: JsonObject, generation: number): JsonObject {
  return mapStruct(set, "metadata", (metadata) =>
    mapStruct(metadata, "annotations", (annotations) =>
      annotations[templateGeneration] === String(generation)
        ? annotations
        : { ...annotations, [templateGeneration]: String(generation) },
    ),
  );
}

function defaultSpec(spec: JsonObject): JsonObject {
  const filled = withDefaults(defaultTemplateIn(spec), { revisionHistoryLimit: 10 });
  return mapStruct(filled, "updateStrategy", (strategy) => {
    const typed = withDefaults(strategy, { type: "RollingUpdate" });
    if (typed["type"] !== "RollingUpdate") return typed;
    return mapMember(withDefaults(typed, { rollingUpdate: {} }), "rollingUpdate", (rolling) =>
      withDefaults(rolling, { maxUnavailable: 1, maxSurge: 0 }),
    );
  });
}

function validateDaemonSet(set: JsonObject): readonly StatusCause[] {
  const spec = objectAt(set, "spec");
  return [
    ...validateSelector(spec, "daemonset"),
    ...validateTemplateLabels(spec),
    ...validateLastingTemplate(objectAt(spec, "template"), "DaemonSet"),
    ...validateCounts(spec, ["minReadySeconds"]),
    ...validateUpdateStrategy(objectAt(spec, "updateStrategy")),
    ...validateCounts(spec, ["revisionHistoryLimit"]),
  ];
}

function validateUpdateStrategy(strategy: JsonObject): readonly StatusCause[] {
  const type = stringAt(strategy, "type");
  const path = "spec.updateStrategy.rollingUpdate";
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") {
    return [notSupported("spec.updateStrategy", strategy, ["RollingUpdate", "OnDelete"])];
  }
  if (isAbsent(strategy["rollingUpdate"])) return [required(path)];
  const rolling = objectAt(strategy, "rollingUpdate");
  const causes = ["maxUnavailable", "maxSurge"].flatMap((name) => [
    ...validateIntOrPercent(`${path}.${name}`, rolling, name),
    ...validateAtMostAll(`${path}.${name}`, rolling, name),
  ]);
  const surges = !isZeroIntOrPercent(rolling, "maxSurge");
  const takesAway = !isZeroIntOrPercent(rolling, "maxUnavailable");
  if (surges && takesAway) {
    const detail = "may not be set when maxUnavailable is non-zero";
    causes.push(invalidValue(`${path}.maxSurge`, rolling["maxSurge"], detail));
  } else if (!surges && !takesAway) {
    causes.push(required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  }
  return causes;
}
