import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  mapStruct,
  numberAt,
  objectAt,
  stringAt,
  stringMapAt,
  withDefaults,
  withMember,
  without,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { immutable, invalidValue, notSupported, required } from "./causes.ts";
import { defaultTemplateIn } from "./pod-spec-defaults.ts";
import { validatePodTemplate } from "./pod-validation.ts";
import type { Strategy } from "./strategy.ts";
import {
  validateCounts,
  validateImmutable,
  validateTemplateLabels,
} from "./workload-validation.ts";

const int32Max = 2_147_483_647;
const controllerUid = "batch.kubernetes.io/controller-uid";

/** Jobs (`pkg/registry/batch/job/strategy.go`). */
export const jobStrategy: Strategy = {
  countsGenerations: true,
  defaultPropagation: "Orphan",
  defaults: defaultJob,
  prepareForCreate: (job) => ({ ...withGeneratedSelector(job), status: {} }),
  validate: (job) => [
    ...validateTemplateLabels(objectAt(job, "spec")),
    ...validateJobSpec(objectAt(job, "spec"), "spec"),
  ],
  validateUpdate(next, previous) {
    const spec = objectAt(next, "spec");
    const before = objectAt(previous, "spec");
    const fixed = ["selector", "completionMode", "podFailurePolicy", "managedBy", "successPolicy"];
    return [
      ...validateCompletions(spec, before),
      ...validateImmutable(next, previous, fixed),
      ...validateTemplateUpdate(next, previous),
    ];
  },
  selectableFields: (job) => ({
    "status.successful": String(numberAt(objectAt(job, "status"), "succeeded") ?? 0),
  }),
};

function defaultJob(job: JsonObject): JsonObject {
  const labels = stringMapAt(objectAt(job, "spec", "template", "metadata"), "labels");
  const filled = mapStruct(job, "spec", defaultJobSpec);
  if (Object.keys(labels).length === 0) return filled;
  return mapStruct(filled, "metadata", (metadata) =>
    Object.keys(objectAt(metadata, "labels")).length === 0
      ? withMember(metadata, "labels", labels)
      : metadata,
  );
}

/** Defaults of a Job's spec. */
function defaultJobSpec(spec: JsonObject): JsonObject {
  const unsized = spec["completions"] === undefined && spec["parallelism"] === undefined;
  return withDefaults(defaultTemplateIn(spec), {
    ...(unsized ? { completions: 1 } : {}),
    parallelism: 1,
    backoffLimit: spec["backoffLimitPerIndex"] === undefined ? 6 : int32Max,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed",
    manualSelector: false,
  });
}

/** Labels that only the pods of this job have, and a selector for them. */
function withGeneratedSelector(job: JsonObject): JsonObject {
  if (objectAt(job, "spec")["manualSelector"] === true) return job;
  const name = stringAt(objectAt(job, "metadata"), "name");
  const uid = stringAt(objectAt(job, "metadata"), "uid");
  const generated = {
    "job-name": name,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    [controllerUid]: uid,
  };
  const labelled = (metadata: JsonObject): JsonObject => ({
    ...metadata,
    labels: { ...generated, ...objectAt(metadata, "labels") },
  });
  const selected = mapStruct(job, "spec", (spec) => {
    const selector = objectAt(spec, "selector");
    const matchLabels = { [controllerUid]: uid, ...objectAt(selector, "matchLabels") };
    return {
      ...mapStruct(spec, "template", (template) => mapStruct(template, "metadata", labelled)),
      selector: { ...selector, matchLabels },
    };
  });
  // Labels that defaulting took from the template are one map with it upstream, and grow with it.
  const own = objectAt(job, "metadata")["labels"];
  const template = objectAt(job, "spec", "template", "metadata")["labels"];
  return own === template ? mapStruct(selected, "metadata", labelled) : selected;
}

/** A Job's spec, of a Job or of a CronJob's template. */
export function validateJobSpec(spec: JsonObject, path: string): readonly StatusCause[] {
  const counts = [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ];
  const mode = stringAt(spec, "completionMode");
  const causes = [...validateCounts(spec, counts, path)];
  if (mode !== "" && mode !== "NonIndexed" && mode !== "Indexed") {
    causes.push(notSupported(`${path}.completionMode`, mode, ["NonIndexed", "Indexed"]));
  }
  if (mode === "Indexed" && spec["completions"] === undefined) {
    causes.push(required(`${path}.completions`, "when completion mode is Indexed"));
  }
  if (mode !== "Indexed") {
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"]) {
      if (spec[field] === undefined) continue;
      const detail = "requires indexed completion mode";
      causes.push(invalidValue(`${path}.${field}`, spec[field], detail));
    }
  }
  const template = objectAt(spec, "template");
  causes.push(...validatePodTemplate(template, `${path}.template`));
  const policy = stringAt(objectAt(template, "spec"), "restartPolicy");
  const field = `${path}.template.spec.restartPolicy`;
  if (policy === "Always" || policy === "") {
    causes.push(required(field, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== "OnFailure" && policy !== "Never") {
    causes.push(notSupported(field, policy, ["OnFailure", "Never"]));
  }
  return causes;
}

/** Completions may change only with the parallelism of an indexed job (elastic indexed jobs). */
function validateCompletions(spec: JsonObject, before: JsonObject): readonly StatusCause[] {
  const completions = spec["completions"];
  if (completions === before["completions"]) return [];
  if (spec["completionMode"] !== "Indexed") return [immutable("spec.completions", completions)];
  if (completions === spec["parallelism"]) return [];
  const detail = "can only be modified in tandem with spec.parallelism";
  return [invalidValue("spec.completions", completions, detail)];
}

/** While a job is suspended and has not begun, where its pods may run can still change. */
function validateTemplateUpdate(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const before = objectAt(previous, "spec");
  const idle =
    before["suspend"] === true && objectAt(previous, "status")["startTime"] === undefined;
  const comparable = (job: JsonObject): JsonObject => {
    const template = objectAt(job, "spec", "template");
    if (!idle) return template;
    const fixed = without(
      objectAt(template, "spec"),
      "affinity",
      "nodeSelector",
      "tolerations",
      "schedulingGates",
    );
    return { spec: fixed };
  };
  if (jsonEqual(comparable(next), comparable(previous))) return [];
  return [immutable("spec.template", objectAt(next, "spec")["template"])];
}
