import type { JsonObject } from "../../k8s/json.ts";
import {
  isAbsent,
  mapStruct,
  numberAt,
  objectAt,
  stringMapAt,
  withDefaults,
  withMember,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { required } from "./causes.ts";
import { defaultTemplateIn } from "./pod-spec-defaults.ts";
import type { Strategy } from "./strategy.ts";
import {
  validateCounts,
  validateImmutable,
  validateLastingTemplate,
  validateSelector,
  validateTemplateLabels,
} from "./workload-validation.ts";

/** ReplicaSets (`pkg/registry/apps/replicaset/strategy.go`). */
export const replicaSetStrategy: Strategy = {
  countsGenerations: true,
  defaults: (set) => mapStruct(set, "spec", defaultSpec),
  prepareForCreate: (set) => ({ ...set, status: { replicas: 0 } }),
  validate(set) {
    const spec = objectAt(set, "spec");
    return [
      ...validateCounts(spec, ["replicas", "minReadySeconds"]),
      // The message names a Deployment, as upstream's does.
      ...validateSelector(spec, "deployment"),
      ...validateTemplateLabels(spec, "invalid label selector"),
      ...validateLastingTemplate(objectAt(spec, "template"), "ReplicaSet"),
    ];
  },
  validateUpdate: (next, previous) => validateImmutable(next, previous, ["selector"]),
  selectableFields: (set) => ({ "status.replicas": replicasOf(set) }),
};

/** ReplicationControllers (`pkg/registry/core/replicationcontroller/strategy.go`). */
export const replicationControllerStrategy: Strategy = {
  countsGenerations: true,
  defaultPropagation: "Orphan",
  defaults: defaultController,
  prepareForCreate: (controller) => ({ ...controller, status: { replicas: 0 } }),
  validate: validateController,
  selectableFields: (controller) => ({ "status.replicas": replicasOf(controller) }),
};

function defaultSpec(spec: JsonObject): JsonObject {
  return withDefaults(defaultTemplateIn(spec), { replicas: 1 });
}

function replicasOf(object: JsonObject): string {
  return String(numberAt(objectAt(object, "status"), "replicas") ?? 0);
}

/** Selector and labels are those of the template, unless they are given. */
function defaultController(controller: JsonObject): JsonObject {
  const labels = stringMapAt(objectAt(controller, "spec", "template", "metadata"), "labels");
  const filled = mapStruct(controller, "spec", defaultSpec);
  if (Object.keys(labels).length === 0) return filled;
  const selected = mapStruct(filled, "spec", (spec) =>
    Object.keys(objectAt(spec, "selector")).length === 0
      ? withMember(spec, "selector", labels)
      : spec,
  );
  return mapStruct(selected, "metadata", (metadata) =>
    Object.keys(objectAt(metadata, "labels")).length === 0
      ? withMember(metadata, "labels", labels)
      : metadata,
  );
}

function validateController(controller: JsonObject): readonly StatusCause[] {
  const spec = objectAt(controller, "spec");
  const selector = objectAt(spec, "selector");
  const causes = [...validateCounts(spec, ["minReadySeconds"])];
  if (Object.keys(selector).length === 0) causes.push(required("spec.selector"));
  causes.push(...validateCounts(spec, ["replicas"]));
  if (isAbsent(spec["template"])) return [...causes, required("spec.template")];
  const template = objectAt(spec, "template");
  return [
    ...causes,
    ...validateTemplateLabels({ selector: { matchLabels: selector }, template }),
    ...validateLastingTemplate(template, "ReplicationController"),
  ];
}
