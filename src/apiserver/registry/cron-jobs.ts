import type { JsonObject } from "../../k8s/json.ts";
import { mapMember, mapStruct, objectAt, stringAt, withDefaults } from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { notSupported, required } from "./causes.ts";
import { validateJobSpec } from "./jobs.ts";
import { defaultTemplateIn } from "./pod-spec-defaults.ts";
import type { Strategy } from "./strategy.ts";
import { validateCounts } from "./workload-validation.ts";

/** CronJobs (`pkg/registry/batch/cronjob/strategy.go`); the schedule's syntax is its controller's matter. */
export const cronJobStrategy: Strategy = {
  countsGenerations: true,
  defaults: (cronJob) => mapStruct(cronJob, "spec", defaultSpec),
  prepareForCreate: (cronJob) => ({ ...cronJob, status: {} }),
  validate: validateCronJob,
};

function defaultSpec(spec: JsonObject): JsonObject {
  const filled = withDefaults(spec, {
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  // Of the Job's own defaults none are set here: they are set on each Job that is made of it.
  return mapMember(filled, "jobTemplate", (job) => mapMember(job, "spec", defaultTemplateIn));
}

function validateCronJob(cronJob: JsonObject): readonly StatusCause[] {
  const spec = objectAt(cronJob, "spec");
  const policy = stringAt(spec, "concurrencyPolicy");
  const causes: StatusCause[] = [];
  if (stringAt(spec, "schedule") === "") causes.push(required("spec.schedule"));
  causes.push(...validateCounts(spec, ["startingDeadlineSeconds"]));
  const supported = ["Allow", "Forbid", "Replace"];
  if (!supported.includes(policy)) {
    causes.push(notSupported("spec.concurrencyPolicy", policy, supported));
  }
  return [
    ...causes,
    ...validateJobSpec(objectAt(spec, "jobTemplate", "spec"), "spec.jobTemplate.spec"),
    ...validateCounts(spec, ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"]),
  ];
}
