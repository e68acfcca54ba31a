import type { JsonObject } from "../../k8s/json.ts";
import {
  mapStruct,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringsAt,
  withDefaults,
  without,
} from "../../k8s/json-fields.ts";
import { ApiError, failure, invalid, type StatusCause } from "../../k8s/status.ts";
import { invalidValue } from "./causes.ts";
import {
  freeAddress,
  freeNodePort,
  isInRange,
  isNodePort,
  takenNodePorts,
} from "./service-addresses.ts";
import { serviceRanges } from "./service-cidrs.ts";
import type { StrategyContext } from "./strategy.ts";

/** Addresses and node ports of services (`pkg/registry/core/service/storage/alloc.go`). */

/**
 * The service with a cluster IP and the node ports that its type needs. What it had before it
 * keeps; what it asks for it gets if it is free.
 *
 * @throws ApiError if it is not, or if there is none left.
 */
export function withAddresses(
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
  const clusterIP = clusterIpOf(service, previous, context);
  return mapStruct(service, "spec", (spec) => {
    const addressed = withDefaults(
      { ...spec, clusterIP, clusterIPs: [clusterIP] },
      familiesOf(spec, clusterIP),
    );
    if (!needsNodePorts(type) || spec["allocateLoadBalancerNodePorts"] === false) return addressed;
    return { ...addressed, ports: withNodePorts(service, previous, context) };
  });
}

/** The endpoints of a service without address and selector may be of any family. */
function familiesOf(spec: JsonObject, clusterIP: string): JsonObject {
  const isAnybodys = clusterIP === "None" && Object.keys(objectAt(spec, "selector")).length === 0;
  return isAnybodys
    ? { ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "RequireDualStack" }
    : { ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" };
}

/** Whether services of that type are reached through a port of every node. */
export function needsNodePorts(type: string): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

function clusterIpOf(
  service: JsonObject,
  previous: JsonObject | undefined,
  context: StrategyContext,
): string {
  const spec = objectAt(service, "spec");
  const [first = ""] = stringsAt(spec, "clusterIPs");
  const asked = stringAt(spec, "clusterIP") || first;
  const before = stringAt(objectAt(previous ?? {}, "spec"), "clusterIP");
  if (asked === "None" || (asked !== "" && asked === before)) return asked;
  // Validation refuses to change an address, whether the other one is free or not.
  if (asked !== "" && before !== "" && before !== "None") return asked;
  const ranges = serviceRanges(context);
  const taken = takenAddresses(context);
  if (asked === "") {
    for (const range of ranges) {
      const address = freeAddress(range, taken, context.random);
      if (address !== undefined) return address;
    }
    throw noneLeft("range is full");
  }
  const refuse = (why: string): ApiError => {
    const detail = `failed to allocate IP ${asked}: ${why}`;
    return refused(service, invalidValue("spec.clusterIPs", [asked], detail));
  };
  if (!ranges.some((range) => isInRange(range, asked))) {
    throw refuse("the provided network does not match the current range");
  }
  if (taken.has(asked)) throw refuse("provided IP is already allocated");
  return asked;
}

/** Addresses that services have, and those that somebody has reserved by an IPAddress. */
function takenAddresses(context: StrategyContext): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const service of context.list("", "services")) {
    taken.add(stringAt(objectAt(service, "spec"), "clusterIP"));
  }
  for (const address of context.list("networking.k8s.io", "ipaddresses")) {
    taken.add(stringAt(objectAt(address, "metadata"), "name"));
  }
  return taken;
}

function withNodePorts(
  service: JsonObject,
  previous: JsonObject | undefined,
  context: StrategyContext,
): readonly JsonObject[] {
  const ports = objectsAt(objectAt(service, "spec"), "ports");
  const own = takenNodePorts(previous === undefined ? [] : [previous]);
  const others = takenNodePorts(context.list("", "services"));
  for (const port of own) others.delete(port);
  // What is asked for is not given to a port that asks for nothing in particular.
  const taken = new Set([...others, ...takenNodePorts([service])]);
  const chosen = new Set<string>();
  return ports.map((port, index) => {
    const asked = numberAt(port, "nodePort") ?? 0;
    if (asked === 0) {
      const nodePort = freeNodePort(taken, context.random);
      if (nodePort === undefined) throw noneLeft("no node port is free");
      taken.add(nodePort);
      return { ...port, nodePort };
    }
    const refuse = (why: string): ApiError =>
      refused(service, invalidValue(`spec.ports[${index}].nodePort`, asked, why));
    if (!isNodePort(asked)) {
      throw refuse(
        "provided port is not in the valid range. The range of valid ports is 30000-32767",
      );
    }
    // One number may serve two protocols of the same service.
    const key = `${stringAt(port, "protocol")}/${asked}`;
    if (others.has(asked) || chosen.has(key)) throw refuse("provided port is already allocated");
    chosen.add(key);
    return port;
  });
}

function refused(service: JsonObject, cause: StatusCause): ApiError {
  const name = stringAt(objectAt(service, "metadata"), "name");
  return new ApiError(invalid({ group: "", kind: "Service" }, name, [cause]));
}

function noneLeft(why: string): ApiError {
  const message = `Internal error occurred: failed to allocate a serviceIP: ${why}`;
  return new ApiError(failure(500, "InternalError", message));
}
