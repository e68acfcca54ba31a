import { numberAt, objectAt } from "../../k8s/json-fields.ts";
import { invalidValue } from "./causes.ts";
import type { Strategy } from "./strategy.ts";

/** Leases (`pkg/registry/coordination/lease/strategy.go`): each node renews one every ten seconds. */
export const leaseStrategy: Strategy = {
  createOnUpdate: true,
  requiresVersionOnUpdate: true,
  validate(lease) {
    const spec = objectAt(lease, "spec");
    const duration = numberAt(spec, "leaseDurationSeconds") ?? 1;
    const transitions = numberAt(spec, "leaseTransitions") ?? 0;
    const fields = "spec.leaseTransitions";
    return [
      ...(duration > 0
        ? []
        : [invalidValue("spec.leaseDurationSeconds", duration, "must be greater than 0")]),
      ...(transitions >= 0
        ? []
        : [invalidValue(fields, transitions, "must be greater than or equal to 0")]),
    ];
  },
};
