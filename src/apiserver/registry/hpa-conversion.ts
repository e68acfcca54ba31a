import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "../../k8s/json.ts";
import {
  isAbsent,
  mapMember,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  without,
} from "../../k8s/json-fields.ts";

/**
 * HorizontalPodAutoscalers are stored as autoscaling/v2. The older version knows one metric, the
 * use of the CPU; all else is kept in annotations of these names, so that a client of the older
 * version that writes back what it read loses nothing. The names are upstream's
 * (`pkg/apis/autoscaling/annotations.go`); the values are in the form of v2 here.
 */
const annotations = {
  metrics: "autoscaling.alpha.kubernetes.io/metrics",
  behavior: "autoscaling.alpha.kubernetes.io/behavior",
  conditions: "autoscaling.alpha.kubernetes.io/conditions",
  currentMetrics: "autoscaling.alpha.kubernetes.io/current-metrics",
};

/** From autoscaling/v1 to what is stored. */
export function hpaToV2(object: JsonObject): JsonObject {
  const kept = objectAt(object, "metadata", "annotations");
  const spec = objectAt(object, "spec");
  const status = objectAt(object, "status");
  const target = numberAt(spec, "targetCPUUtilizationPercentage");
  const metrics = [
    ...(target === undefined ? [] : [cpuMetric("target", target)]),
    ...listIn(kept, annotations.metrics),
  ];
  const current = numberAt(status, "currentCPUUtilizationPercentage");
  const named = listIn(kept, annotations.currentMetrics);
  const cpuNow = current === undefined ? [] : [cpuMetric("current", current)];
  const currentMetrics = named.length > 0 ? named : cpuNow;
  const conditions = listIn(kept, annotations.conditions);
  const behavior = parsedIn(kept, annotations.behavior);
  return {
    ...mapMember(object, "metadata", withoutKept),
    apiVersion: "autoscaling/v2",
    spec: {
      ...without(spec, "targetCPUUtilizationPercentage"),
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(isJsonObject(behavior) ? { behavior } : {}),
    },
    status: {
      ...without(status, "currentCPUUtilizationPercentage"),
      ...(currentMetrics.length === 0 ? {} : { currentMetrics }),
      ...(conditions.length === 0 ? {} : { conditions }),
    },
  };
}

/** From what is stored to autoscaling/v1. */
export function hpaFromV2(object: JsonObject): JsonObject {
  const spec = objectAt(object, "spec");
  const status = objectAt(object, "status");
  const metrics = objectsAt(spec, "metrics");
  const cpu = metrics.find((metric) => cpuUtilization(metric, "target") !== undefined);
  const others = metrics.filter((metric) => cpuUtilization(metric, "target") === undefined);
  const now = objectsAt(status, "currentMetrics");
  const current = now.find((metric) => cpuUtilization(metric, "current") !== undefined);
  const added: Record<string, string> = {
    ...kept(annotations.metrics, others),
    ...kept(annotations.currentMetrics, now),
    ...kept(annotations.conditions, objectsAt(status, "conditions")),
    ...(isAbsent(spec["behavior"])
      ? {}
      : { [annotations.behavior]: JSON.stringify(spec["behavior"]) }),
  };
  const target = cpu && cpuUtilization(cpu, "target");
  const use = current && cpuUtilization(current, "current");
  return {
    ...mapMember(object, "metadata", (metadata) => withKept(metadata, added)),
    apiVersion: "autoscaling/v1",
    spec: {
      ...without(spec, "metrics", "behavior"),
      ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }),
    },
    status: {
      ...without(status, "currentMetrics", "conditions"),
      ...(use === undefined ? {} : { currentCPUUtilizationPercentage: use }),
    },
  };
}

function cpuMetric(member: "target" | "current", averageUtilization: number): JsonObject {
  const value = { averageUtilization };
  const typed = member === "target" ? { type: "Utilization", ...value } : value;
  return { type: "Resource", resource: { name: "cpu", [member]: typed } };
}

function cpuUtilization(metric: JsonObject, member: "target" | "current"): number | undefined {
  const resource = objectAt(metric, "resource");
  if (metric["type"] !== "Resource" || resource["name"] !== "cpu") return undefined;
  return numberAt(objectAt(resource, member), "averageUtilization");
}

function kept(annotation: string, list: readonly JsonObject[]): Readonly<Record<string, string>> {
  return list.length === 0 ? {} : { [annotation]: JSON.stringify(list) };
}

function withKept(metadata: JsonObject, added: Readonly<Record<string, string>>): JsonObject {
  if (Object.keys(added).length === 0) return metadata;
  return { ...metadata, annotations: { ...objectAt(metadata, "annotations"), ...added } };
}

function withoutKept(metadata: JsonObject): JsonObject {
  const rest = without(objectAt(metadata, "annotations"), ...Object.values(annotations));
  if (Object.keys(rest).length === 0) return without(metadata, "annotations");
  return { ...metadata, annotations: rest };
}

function listIn(kept: JsonObject, annotation: string): readonly JsonObject[] {
  const value = parsedIn(kept, annotation);
  return Array.isArray(value) ? (value as JsonArray).filter(isJsonObject) : [];
}

/** Clients may write into the annotation what they like: what is no JSON counts as nothing. */
function parsedIn(kept: JsonObject, annotation: string): JsonValue | undefined {
  try {
    return JSON.parse(stringAt(kept, annotation)) as JsonValue;
  } catch {
    return undefined;
  }
}
