import type { JsonObject } from "../../k8s/json.ts";
import {
  isAbsent,
  mapEach,
  mapStruct,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  withDefaults,
  withMember,
  without,
} from "../../k8s/json-fields.ts";
import { dns1035LabelErrors } from "../../k8s/names.ts";
import { needsNodePorts, withAddresses } from "./service-allocation.ts";
import { validateService, validateServiceUpdate } from "./service-validation.ts";
import type { Strategy } from "./strategy.ts";

/** Services (`pkg/registry/core/service`). */
export const serviceStrategy: Strategy = {
  createOnUpdate: true,
  validateName: dns1035LabelErrors,
  defaults: (service) => mapStruct(service, "spec", defaultSpec),
  prepareForCreate: (service, context) => ({
    ...withAddresses(service, undefined, context),
    status: { loadBalancer: {} },
  }),
  prepareForUpdate: (next, previous, context) =>
    withAddresses(withKept(next, previous), previous, context),
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  selectableFields(service) {
    const spec = objectAt(service, "spec");
    return {
      "spec.clusterIP": stringAt(spec, "clusterIP"),
      "spec.type": stringAt(spec, "type"),
    };
  },
};

function defaultSpec(spec: JsonObject): JsonObject {
  const typed = withDefaults(spec, { type: "ClusterIP", sessionAffinity: "None" });
  const type = stringAt(typed, "type");
  const filled = withDefaults(typed, {
    ...(needsNodePorts(type) ? { externalTrafficPolicy: "Cluster" } : {}),
    ...(type === "ExternalName" ? {} : { internalTrafficPolicy: "Cluster" }),
    ...(type === "LoadBalancer" ? { allocateLoadBalancerNodePorts: true } : {}),
    ...(typed["sessionAffinity"] === "ClientIP"
      ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }
      : {}),
  });
  return mapEach(filled, "ports", (port) => {
    const named = withDefaults(port, { protocol: "TCP" });
    const target = named["targetPort"];
    if (!isAbsent(target) && target !== 0) return named;
    return withMember(named, "targetPort", numberAt(named, "port") ?? 0);
  });
}

/** A client that does not name its addresses and ports keeps them. */
function withKept(next: JsonObject, previous: JsonObject): JsonObject {
  const before = objectAt(previous, "spec");
  const type = stringAt(objectAt(next, "spec"), "type");
  if (type === "ExternalName" || before["type"] === "ExternalName") return next;
  return mapStruct(next, "spec", (spec) => {
    const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = before;
    const kept = withDefaults(spec, {
      ...(clusterIP === undefined ? {} : { clusterIP }),
      ...(clusterIPs === undefined ? {} : { clusterIPs }),
      ...(ipFamilies === undefined ? {} : { ipFamilies }),
      ...(ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy }),
    });
    if (!needsNodePorts(type)) {
      // Whoever makes it internal again writes the ports back as they were read.
      return needsNodePorts(stringAt(before, "type"))
        ? without(
            mapEach(kept, "ports", (port) => without(port, "nodePort")),
            "externalTrafficPolicy",
          )
        : kept;
    }
    const ports = objectsAt(before, "ports");
    return mapEach(kept, "ports", (port) => {
      const same = ports.find(
        (other) => other["port"] === port["port"] && other["protocol"] === port["protocol"],
      );
      const nodePort = numberAt(same ?? {}, "nodePort");
      return nodePort === undefined ? port : withDefaults(port, { nodePort });
    });
  });
}
