import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, objectsAt, stringAt, without } from "../../k8s/json-fields.ts";
import type { Conversion } from "../endpoint.ts";

/**
 * HorizontalPodAutoscalers as `autoscaling/v1`, which knows no metric but the use of CPU
 * (`pkg/apis/autoscaling/v1/conversion.go`); `autoscaling/v2` is stored. Other metrics are not
 * shown, and a write in this version drops them.
 */
export const autoscalerConversion: Conversion = {
  toStored: (object) => ({ ...changed(object, toStoredPart), apiVersion: "autoscaling/v2" }),
  fromStored: (object) => ({ ...changed(object, toServedPart), apiVersion: "autoscaling/v1" }),
};

/** A spec or a status, with the names of the fields that hold the one and the other form. */
type PartChange = (part: JsonObject, names: PartNames) => JsonObject;

interface PartNames {
  readonly percentage: string;
  readonly metrics: string;
  /** What a metric's amount is called: wanted in the spec, found in the status. */
  readonly amount: "target" | "current";
}

const specNames: PartNames = {
  percentage: "targetCPUUtilizationPercentage",
  metrics: "metrics",
  amount: "target",
};
const statusNames: PartNames = {
  percentage: "currentCPUUtilizationPercentage",
  metrics: "currentMetrics",
  amount: "current",
};

function changed(object: JsonObject, change: PartChange): JsonObject {
  return {
    ...object,
    spec: change(objectAt(object, "spec"), specNames),
    ...(object["status"] === undefined
      ? {}
      : { status: change(objectAt(object, "status"), statusNames) }),
  };
}

function toStoredPart(part: JsonObject, { percentage, metrics, amount }: PartNames): JsonObject {
  const value = numberAt(part, percentage);
  if (value === undefined) return part;
  const type = amount === "target" ? { type: "Utilization" } : {};
  const resource = { name: "cpu", [amount]: { ...type, averageUtilization: value } };
  return { ...without(part, percentage), [metrics]: [{ type: "Resource", resource }] };
}

function toServedPart(part: JsonObject, { percentage, metrics, amount }: PartNames): JsonObject {
  const others = without(part, metrics, "behavior");
  for (const metric of objectsAt(part, metrics)) {
    const resource = objectAt(metric, "resource");
    const value = numberAt(objectAt(resource, amount), "averageUtilization");
    if (stringAt(resource, "name") !== "cpu" || value === undefined) continue;
    return { ...others, [percentage]: value };
  }
  return others;
}
