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
import { ApiError, failure, invalid, type StatusCause } from "../../k8s/status.ts";
import { duplicate, invalidValue } from "./causes.ts";
import {
  freeAddress,
  freeNodePort,
  isInRange,
  isNodePort,
  parseIpv4Range,
  takenNodePorts,
} from "./service-addresses.ts";
import { validateService, validateServiceUpdate } from "./service-validation.ts";
import type { Strategy, StrategyContext } from "./strategy.ts";

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

const external = ["NodePort", "LoadBalancer"];

function defaultSpec(spec: JsonObject): JsonObject {
  const typed = withDefaults(spec, { type: "ClusterIP", sessionAffinity: "None" });
  const type = stringAt(typed, "type");
  const filled = withDefaults(typed, {
    ...(external.includes(type) ? { externalTrafficPolicy: "Cluster" } : {}),
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
    if (!external.includes(type)) {
      // Whoever makes it internal again writes the ports back as they were read.
      return external.includes(stringAt(before, "type"))
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

function withAddresses(
  service: JsonObject,
  previous: JsonObject | undefined,
  context: StrategyContext,
): JsonObject {
  const type = stringAt(objectAt(service, "spec"), "type");
  if (type === "ExternalName") {
    return mapStruct(service, "spec", (spec) =>
      without(spec, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"),
    );
  }
  const addressed = mapStruct(service, "spec", (spec) => {
    const clusterIP = clusterIpOf(service, previous, context);
    const { clusterIP: _, clusterIPs: __, ...rest } = spec;
    return withDefaults(
      { ...rest, clusterIP, clusterIPs: [clusterIP] },
      { ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" },
    );
  });
  const needsNodePorts =
    external.includes(type) &&
    objectAt(addressed, "spec")["allocateLoadBalancerNodePorts"] !== false;
  return needsNodePorts ? withNodePorts(addressed, previous, context) : addressed;
}

function clusterIpOf(
  service: JsonObject,
  previous: JsonObject | undefined,
  context: StrategyContext,
): string {
  const spec = objectAt(service, "spec");
  const first = Array.isArray(spec["clusterIPs"]) ? spec["clusterIPs"][0] : undefined;
  const asked = stringAt(spec, "clusterIP") || (typeof first === "string" ? first : "");
  if (asked === "None" || asked === stringAt(objectAt(previous ?? {}, "spec"), "clusterIP")) {
    if (asked !== "") return asked;
  }
  const range = parseIpv4Range(context.serviceCidr);
  if (range === undefined)
    throw new ApiError(noAddress("the range of cluster IPs is no IPv4 range"));
  const services = context.list("", "services");
  if (asked === "") {
    const address = freeAddress(range, services, context.random);
    if (address === undefined) throw new ApiError(noAddress("range is full"));
    return address;
  }
  if (!isInRange(range, asked)) {
    const why = `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${context.serviceCidr}`;
    throw refused(service, invalidValue("spec.clusterIPs", [asked], why));
  }
  for (const other of services) {
    if (objectAt(other, "spec")["clusterIP"] !== asked) continue;
    const why = `failed to allocate IP ${asked}: provided IP is already allocated`;
    throw refused(service, invalidValue("spec.clusterIPs", [asked], why));
  }
  return asked;
}

function withNodePorts(
  service: JsonObject,
  previous: JsonObject | undefined,
  context: StrategyContext,
): JsonObject {
  const taken = takenNodePorts(context.list("", "services"));
  const own = takenNodePorts(previous === undefined ? [] : [previous]);
  const chosen = new Map<number, string>();
  return mapStruct(service, "spec", (spec) =>
    mapEach(spec, "ports", (port) => {
      const asked = numberAt(port, "nodePort") ?? 0;
      if (asked === 0) {
        const nodePort = freeNodePort(taken, context.random);
        if (nodePort === undefined) throw new ApiError(noAddress("no node port is free"));
        taken.add(nodePort);
        return { ...port, nodePort };
      }
      if (!isNodePort(asked)) {
        const why =
          "provided port is not in the valid range. The range of valid ports is 30000-32767";
        throw refused(service, invalidValue("spec.ports[0].nodePort", asked, why));
      }
      // One number may serve two protocols of the same service.
      const protocol = stringAt(port, "protocol");
      const free =
        own.has(asked) || !taken.has(asked) || (chosen.get(asked) ?? protocol) !== protocol;
      if (!free && !chosen.has(asked)) {
        const why = "provided port is already allocated";
        throw refused(service, invalidValue("spec.ports[0].nodePort", asked, why));
      }
      if (!free) throw refused(service, duplicate("spec.ports[0].nodePort", asked));
      taken.add(asked);
      chosen.set(asked, protocol);
      return port;
    }),
  );
}

function refused(service: JsonObject, cause: StatusCause): ApiError {
  const name = stringAt(objectAt(service, "metadata"), "name");
  return new ApiError(invalid({ group: "", kind: "Service" }, name, [cause]));
}

function noAddress(why: string): ReturnType<typeof failure> {
  return failure(
    500,
    "InternalError",
    `Internal error occurred: failed to allocate a serviceIP: ${why}`,
  );
}
