import type { JsonObject } from "../../k8s/json.ts";
import { isAbsent, numberAt, objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import { ageColumn, column, nameColumn, printerOfColumns } from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

const shownMax = 2;
/** The member of a metric that holds what its type names. */
const sources: Readonly<Record<string, string>> = {
  External: "external",
  Pods: "pods",
  Object: "object",
  Resource: "resource",
  ContainerResource: "containerResource",
};

/** One metric: what it is now, and what it should be. */
function formatMetric(spec: JsonObject, status: JsonObject | undefined): string {
  const type = stringAt(spec, "type");
  const source = sources[type];
  if (source === undefined) return "<unknown type>";
  const target = objectAt(spec, source, "target");
  const current = objectAt(status ?? {}, source, "current");
  const named = type === "Resource" || type === "ContainerResource";
  const prefix = named ? `${stringAt(objectAt(spec, source), "name")}: ` : "";
  if (!isAbsent(target["averageValue"])) {
    const now = stringAt(current, "averageValue") || "<unknown>";
    const suffix = type === "External" || type === "Object" ? " (avg)" : "";
    return `${prefix}${now}/${stringAt(target, "averageValue")}${suffix}`;
  }
  if (!named) {
    return `${stringAt(current, "value") || "<unknown>"}/${stringAt(target, "value")}`;
  }
  const now = numberAt(current, "averageUtilization");
  const wanted = numberAt(target, "averageUtilization");
  return `${prefix}${percent(now, "<unknown>")}/${percent(wanted, "<auto>")}`;
}

function percent(value: number | undefined, otherwise: string): string {
  return value === undefined ? otherwise : `${value}%`;
}

function targetsOf(autoscaler: JsonObject): string {
  const specs = objectsAt(objectAt(autoscaler, "spec"), "metrics");
  const statuses = objectsAt(objectAt(autoscaler, "status"), "currentMetrics");
  if (specs.length === 0) return "<none>";
  const texts = specs.map((spec, index) => formatMetric(spec, statuses[index]));
  const shown = texts.slice(0, shownMax).join(", ");
  return texts.length > shownMax ? `${shown} + ${texts.length - shownMax} more...` : shown;
}

/** HorizontalPodAutoscalers, in the form of autoscaling/v2. */
export const horizontalPodAutoscalerPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Reference", "What is scaled.", (object) => {
    const target = objectAt(object, "spec", "scaleTargetRef");
    return `${stringAt(target, "kind")}/${stringAt(target, "name")}`;
  }),
  column("Targets", "Metrics as they are and as they should be.", targetsOf),
  column("MinPods", "Fewest pods.", (object) => {
    const min = numberAt(objectAt(object, "spec"), "minReplicas");
    return min === undefined ? "<unset>" : String(min);
  }),
  column(
    "MaxPods",
    "Most pods.",
    (object) => numberAt(objectAt(object, "spec"), "maxReplicas") ?? 0,
  ),
  column(
    "Replicas",
    "Pods there are.",
    (object) => numberAt(objectAt(object, "status"), "currentReplicas") ?? 0,
  ),
  ageColumn,
);
