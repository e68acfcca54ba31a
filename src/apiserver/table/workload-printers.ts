import { parseTime } from "../../base/rfc3339.ts";
import { humanDuration } from "../../k8s/human-duration.ts";
import { isJsonObject, type JsonObject } from "../../k8s/json.ts";
import { isAbsent, numberAt, objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import {
  ageColumn,
  type Column,
  column,
  containerColumns,
  formatLabels,
  formatSelector,
  nameColumn,
  printerOfColumns,
  since,
} from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

const wide = { wide: true };
const integer = { type: "integer" } as const;

const templateSpec = (object: JsonObject): JsonObject =>
  objectAt(object, "spec", "template", "spec");

function specCount(object: JsonObject, field: string): number {
  return numberAt(objectAt(object, "spec"), field) ?? 0;
}

function statusCount(object: JsonObject, field: string): number {
  return numberAt(objectAt(object, "status"), field) ?? 0;
}

function readyOf(object: JsonObject): string {
  return `${statusCount(object, "readyReplicas")}/${specCount(object, "replicas")}`;
}

const selectorColumn: Column = column(
  "Selector",
  "Labels of the pods.",
  (object) => formatSelector(objectAt(object, "spec", "selector")),
  wide,
);

/** Deployments. Two of its counts are text upstream, and so they are here. */
export const deploymentPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Ready", "Pods that are ready, of how many.", readyOf),
  column("Up-to-date", "Pods of the newest template.", (object) =>
    statusCount(object, "updatedReplicas"),
  ),
  column("Available", "Pods that have been ready for long enough.", (object) =>
    statusCount(object, "availableReplicas"),
  ),
  ageColumn,
  ...containerColumns(templateSpec),
  selectorColumn,
);

const replicaColumns = [
  column("Desired", "Pods asked for.", (object) => specCount(object, "replicas"), integer),
  column("Current", "Pods that exist.", (object) => statusCount(object, "replicas"), integer),
  column(
    "Ready",
    "Pods that are ready.",
    (object) => statusCount(object, "readyReplicas"),
    integer,
  ),
];

export const replicaSetPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  ...replicaColumns,
  ageColumn,
  ...containerColumns(templateSpec),
  selectorColumn,
);

export const replicationControllerPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  ...replicaColumns,
  ageColumn,
  ...containerColumns(templateSpec),
  column(
    "Selector",
    "Labels of the pods.",
    (object) => formatLabels(objectAt(object, "spec", "selector")),
    wide,
  ),
);

export const statefulSetPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Ready", "Pods that are ready, of how many.", readyOf),
  ageColumn,
  ...containerColumns(templateSpec),
);

export const daemonSetPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  ...[
    ["Desired", "Nodes that should run the pod.", "desiredNumberScheduled"] as const,
    ["Current", "Nodes that run it.", "currentNumberScheduled"] as const,
    ["Ready", "Nodes where it is ready.", "numberReady"] as const,
    ["Up-to-date", "Nodes that run the newest template.", "updatedNumberScheduled"] as const,
    ["Available", "Nodes where it has been ready for long enough.", "numberAvailable"] as const,
  ].map(([name, description, field]) =>
    column(name, description, (object) => statusCount(object, field), integer),
  ),
  column("Node Selector", "Labels of the nodes.", (object) =>
    formatLabels(objectAt(templateSpec(object), "nodeSelector")),
  ),
  ageColumn,
  ...containerColumns(templateSpec),
  selectorColumn,
);

function completionsOf(job: JsonObject): string {
  const succeeded = statusCount(job, "succeeded");
  const completions = numberAt(objectAt(job, "spec"), "completions");
  if (completions !== undefined) return `${succeeded}/${completions}`;
  const parallelism = specCount(job, "parallelism");
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: JsonObject, nowMs: number): string {
  const status = objectAt(job, "status");
  const startMs = parseTime(stringAt(status, "startTime"));
  if (startMs === undefined) return "";
  return humanDuration((parseTime(stringAt(status, "completionTime")) ?? nowMs) - startMs);
}

function jobStatus(job: JsonObject): string {
  const conditions = objectsAt(objectAt(job, "status"), "conditions");
  const has = (type: string): boolean =>
    conditions.some((condition) => condition["type"] === type && condition["status"] === "True");
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (!isAbsent(objectAt(job, "metadata")["deletionTimestamp"])) return "Terminating";
  const state = ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(has);
  return state ?? "Running";
}

export const jobPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Status", "How far the job is.", jobStatus),
  column("Completions", "Pods that succeeded, of how many.", completionsOf),
  column("Duration", "Time from the start to the end, or to now.", jobDuration),
  ageColumn,
  ...containerColumns(templateSpec),
  selectorColumn,
);

const jobTemplateSpec = (object: JsonObject): JsonObject =>
  objectAt(object, "spec", "jobTemplate", "spec");

export const cronJobPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Schedule", "When it runs, in cron format.", (object) =>
    stringAt(objectAt(object, "spec"), "schedule"),
  ),
  column(
    "Timezone",
    "Time zone of the schedule.",
    (object) => stringAt(objectAt(object, "spec"), "timeZone") || "<none>",
  ),
  column(
    "Suspend",
    "Whether it is suspended.",
    ({ spec }) => {
      const { suspend } = isJsonObject(spec) ? spec : {};
      if (suspend === undefined) return "<unset>";
      return suspend === true ? "True" : "False";
    },
    { type: "boolean" },
  ),
  column(
    "Active",
    "Jobs that run.",
    (object) => objectsAt(objectAt(object, "status"), "active").length,
    integer,
  ),
  column("Last Schedule", "Time since it last ran.", (object, nowMs) => {
    const last = objectAt(object, "status")["lastScheduleTime"];
    return isAbsent(last) ? "<none>" : since(last, nowMs);
  }),
  ageColumn,
  ...containerColumns((object) => objectAt(jobTemplateSpec(object), "template", "spec")),
  column(
    "Selector",
    "Labels of the pods.",
    (object) => formatSelector(objectAt(jobTemplateSpec(object), "selector")),
    wide,
  ),
);

export const podTemplatePrinter: TablePrinter = printerOfColumns(
  nameColumn,
  ...containerColumns((object) => objectAt(object, "template", "spec"), false),
  column("Pod Labels", "Labels of the pods.", (object) =>
    formatLabels(objectAt(object, "template", "metadata", "labels")),
  ),
);

function controllerName(object: JsonObject): string {
  const owners = objectsAt(objectAt(object, "metadata"), "ownerReferences");
  const owner = owners.find(({ controller }) => controller === true);
  if (owner === undefined) return "<none>";
  const [group] = stringAt(owner, "apiVersion").split("/");
  const suffix = stringAt(owner, "apiVersion").includes("/") ? `.${group}` : "";
  return `${stringAt(owner, "kind")}${suffix}`.toLowerCase().concat("/", stringAt(owner, "name"));
}

export const controllerRevisionPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Controller", "Controller whose state this is.", controllerName),
  column("Revision", "Number of the revision.", (object) => numberAt(object, "revision") ?? 0),
  ageColumn,
);
