import type { JsonObject } from "../../k8s/json.ts";
import {
  mapMember,
  mapStruct,
  numberAt,
  objectAt,
  stringAt,
  withDefaults,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { forbiddenField, invalidValue, notSupported } from "./causes.ts";
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

/** Deployments (`pkg/registry/apps/deployment/strategy.go`). */
export const deploymentStrategy: Strategy = {
  countsGenerations: true,
  // Annotations are copied from a Deployment to its ReplicaSets, so they are part of what is asked.
  generationCounts: ["annotations"],
  defaults: (deployment) => mapStruct(deployment, "spec", defaultSpec),
  prepareForStatusUpdate(next, previous) {
    const labels = objectAt(previous, "metadata")["labels"];
    const metadata = { ...objectAt(next, "metadata"), labels };
    return { ...next, metadata, spec: previous["spec"] };
  },
  validate: validateDeployment,
  validateUpdate: (next, previous) => validateImmutable(next, previous, ["selector"]),
};

function defaultSpec(spec: JsonObject): JsonObject {
  const filled = withDefaults(defaultTemplateIn(spec), {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
  return mapStruct(filled, "strategy", (strategy) => {
    const typed = withDefaults(strategy, { type: "RollingUpdate" });
    if (typed["type"] !== "RollingUpdate") return typed;
    return mapMember(withDefaults(typed, { rollingUpdate: {} }), "rollingUpdate", (rolling) =>
      withDefaults(rolling, { maxUnavailable: "25%", maxSurge: "25%" }),
    );
  });
}

function validateDeployment(deployment: JsonObject): readonly StatusCause[] {
  const spec = objectAt(deployment, "spec");
  const causes = [
    ...validateCounts(spec, ["replicas"]),
    ...validateSelector(spec, "deployment"),
    ...validateTemplateLabels(spec, "invalid label selector"),
    ...validateLastingTemplate(objectAt(spec, "template"), "ReplicaSet"),
    ...validateUpdateStrategy(objectAt(spec, "strategy")),
    ...validateCounts(spec, ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"]),
  ];
  const deadline = numberAt(spec, "progressDeadlineSeconds");
  if (deadline !== undefined && deadline <= (numberAt(spec, "minReadySeconds") ?? 0)) {
    const detail = "must be greater than minReadySeconds";
    causes.push(invalidValue("spec.progressDeadlineSeconds", deadline, detail));
  }
  return causes;
}

function validateUpdateStrategy(strategy: JsonObject): readonly StatusCause[] {
  const type = stringAt(strategy, "type");
  const rolling = objectAt(strategy, "rollingUpdate");
  const path = "spec.strategy.rollingUpdate";
  if (type === "Recreate") {
    if (strategy["rollingUpdate"] === undefined) return [];
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return [forbiddenField(path, detail)];
  }
  if (type !== "RollingUpdate") {
    return [notSupported("spec.strategy", strategy, ["Recreate", "RollingUpdate"])];
  }
  const causes = [
    ...validateIntOrPercent(`${path}.maxUnavailable`, rolling, "maxUnavailable"),
    ...validateIntOrPercent(`${path}.maxSurge`, rolling, "maxSurge"),
  ];
  if (isZeroIntOrPercent(rolling, "maxUnavailable") && isZeroIntOrPercent(rolling, "maxSurge")) {
    const detail = "may not be 0 when `maxSurge` is 0";
    causes.push(invalidValue(`${path}.maxUnavailable`, rolling["maxUnavailable"], detail));
  }
  return [...causes, ...validateAtMostAll(`${path}.maxUnavailable`, rolling, "maxUnavailable")];
}
