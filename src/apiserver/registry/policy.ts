import { isAbsent, objectAt, stringAt } from "../../k8s/json-fields.ts";
import { invalidValue, notSupported } from "./causes.ts";
import { validateLabelSelector } from "./label-validation.ts";
import type { Strategy } from "./strategy.ts";
import { validateAtMostAll, validateIntOrPercent } from "./workload-validation.ts";

/** PodDisruptionBudgets (`pkg/registry/policy/poddisruptionbudget/strategy.go`). */
export const podDisruptionBudgetStrategy: Strategy = {
  countsGenerations: true,
  requiresVersionOnUpdate: true,
  prepareForCreate: (budget) => ({
    ...budget,
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  }),
  validate(budget) {
    const spec = objectAt(budget, "spec");
    const both = !isAbsent(spec["minAvailable"]) && !isAbsent(spec["maxUnavailable"]);
    const detail = "minAvailable and maxUnavailable cannot be both set";
    // Upstream shows the spec as its own type, not as the API has it.
    const shown = {
      MinAvailable: spec["minAvailable"],
      Selector: spec["selector"] ?? null,
      MaxUnavailable: spec["maxUnavailable"],
      UnhealthyPodEvictionPolicy: spec["unhealthyPodEvictionPolicy"] ?? null,
    };
    const policy = stringAt(spec, "unhealthyPodEvictionPolicy");
    const supported = ["AlwaysAllow", "IfHealthyBudget"];
    return [
      ...(both ? [invalidValue("spec", shown, detail)] : []),
      ...["minAvailable", "maxUnavailable"].flatMap((field) => [
        ...validateIntOrPercent(`spec.${field}`, spec, field),
        ...validateAtMostAll(`spec.${field}`, spec, field),
      ]),
      ...validateLabelSelector(objectAt(spec, "selector"), "spec.selector"),
      ...(policy === "" || supported.includes(policy)
        ? []
        : [notSupported("spec.unhealthyPodEvictionPolicy", policy, supported)]),
    ];
  },
};
