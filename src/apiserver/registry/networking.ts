import type { JsonObject } from "../../k8s/json.ts";
import {
  isAbsent,
  mapEach,
  mapMember,
  mapStruct,
  objectAt,
  objectsAt,
  stringAt,
  withDefaults,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { invalidValue, notSupported, required } from "./causes.ts";
import type { Strategy } from "./strategy.ts";

/** Ingresses (`pkg/registry/networking/ingress/strategy.go`). */
export const ingressStrategy: Strategy = {
  countsGenerations: true,
  prepareForCreate: (ingress) => ({ ...ingress, status: { loadBalancer: {} } }),
  validate: validateIngress,
};

function validateIngress(ingress: JsonObject): readonly StatusCause[] {
  const spec = objectAt(ingress, "spec");
  const rules = objectsAt(spec, "rules");
  const causes: StatusCause[] = [];
  if (rules.length === 0 && isAbsent(spec["defaultBackend"])) {
    causes.push(
      invalidValue("spec", undefined, "either `defaultBackend` or `rules` must be specified"),
    );
  }
  const types = ["Exact", "ImplementationSpecific", "Prefix"];
  for (const [index, rule] of rules.entries()) {
    for (const [pathIndex, path] of objectsAt(objectAt(rule, "http"), "paths").entries()) {
      const field = `spec.rules[${index}].http.paths[${pathIndex}].pathType`;
      const type = stringAt(path, "pathType");
      if (type === "") causes.push(required(field, "pathType must be specified"));
      else if (!types.includes(type)) causes.push(notSupported(field, type, types));
    }
  }
  return causes;
}

/** IngressClasses. */
export const ingressClassStrategy: Strategy = {
  countsGenerations: true,
  defaults: (ingressClass) =>
    mapMember(ingressClass, "spec", (spec) =>
      mapMember(spec, "parameters", (parameters) => withDefaults(parameters, { scope: "Cluster" })),
    ),
};

/** NetworkPolicies (`pkg/registry/networking/networkpolicy/strategy.go`). */
export const networkPolicyStrategy: Strategy = {
  countsGenerations: true,
  defaults: (policy) => mapStruct(policy, "spec", defaultPolicySpec),
};

function defaultPolicySpec(spec: JsonObject): JsonObject {
  const egress = objectsAt(spec, "egress").length > 0;
  const types = isAbsent(spec["policyTypes"])
    ? { ...spec, policyTypes: egress ? ["Ingress", "Egress"] : ["Ingress"] }
    : spec;
  const ports = (rule: JsonObject): JsonObject =>
    mapEach(rule, "ports", (port) => withDefaults(port, { protocol: "TCP" }));
  return mapEach(mapEach(types, "ingress", ports), "egress", ports);
}

/** Endpoints. */
export const endpointsStrategy: Strategy = {
  createOnUpdate: true,
  defaults: (endpoints) =>
    mapEach(endpoints, "subsets", (subset) =>
      mapEach(subset, "ports", (port) => withDefaults(port, { protocol: "TCP" })),
    ),
  validate: (endpoints) =>
    objectsAt(endpoints, "subsets").flatMap((subset, index) => {
      const ports = objectsAt(subset, "ports");
      // Where there are several, each is told by its name.
      const unnamed = ports.map((port) => ports.length > 1 && stringAt(port, "name") === "");
      return unnamed.flatMap((isMissing, portIndex) =>
        isMissing ? [required(`subsets[${index}].ports[${portIndex}].name`)] : [],
      );
    }),
};
