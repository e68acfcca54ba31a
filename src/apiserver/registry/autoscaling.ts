import type { JsonObject } from "../../k8s/json.ts";
import {
  isAbsent,
  mapMember,
  mapStruct,
  numberAt,
  objectAt,
  stringAt,
  withDefaults,
} from "../../k8s/json-fields.ts";
import { invalidValue, required } from "./causes.ts";
import type { Strategy } from "./strategy.ts";

const scaleUp = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};
const scaleDown = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

/** HorizontalPodAutoscalers (`pkg/apis/autoscaling/v2/defaults.go`). */
export const horizontalPodAutoscalerStrategy: Strategy = {
  defaults: (autoscaler) => mapStruct(autoscaler, "spec", defaultSpec),
  prepareForCreate: (autoscaler) => ({
    ...autoscaler,
    status: { currentMetrics: null, desiredReplicas: 0 },
  }),
  validate(autoscaler) {
    const spec = objectAt(autoscaler, "spec");
    const min = numberAt(spec, "minReplicas") ?? 1;
    const max = numberAt(spec, "maxReplicas") ?? 0;
    const target = objectAt(spec, "scaleTargetRef");
    const apiVersion = stringAt(target, "apiVersion");
    const grouped = apiVersion.includes("/") || target["kind"] === "ReplicationController";
    return [
      ...(grouped
        ? []
        : [
            invalidValue(
              "spec.scaleTargetRef.apiVersion",
              apiVersion,
              "apiVersion must specify API group",
            ),
          ]),
      ...(min >= 1
        ? []
        : [invalidValue("spec.minReplicas", min, "must be greater than or equal to 1")]),
      ...(max >= 1 ? [] : [invalidValue("spec.maxReplicas", max, "must be greater than 0")]),
      ...(max >= min
        ? []
        : [
            invalidValue("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`"),
          ]),
      ...["kind", "name"]
        .filter((field) => stringAt(target, field) === "")
        .map((field) => required(`spec.scaleTargetRef.${field}`)),
    ];
  },
};

function defaultSpec(spec: JsonObject): JsonObject {
  const filled = withDefaults(spec, { minReplicas: 1 });
  // Of the older version, whose only measure this is; the newer one has a list.
  const measured =
    isAbsent(filled["metrics"]) && isAbsent(filled["targetCPUUtilizationPercentage"])
      ? { ...filled, metrics: [cpuUtilization] }
      : filled;
  return mapMember(measured, "behavior", (behavior) =>
    mapStruct(
      mapStruct(behavior, "scaleUp", (rules) => withDefaults(rules, scaleUp)),
      "scaleDown",
      (rules) => withDefaults(rules, scaleDown),
    ),
  );
}

const cpuUtilization = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
};
