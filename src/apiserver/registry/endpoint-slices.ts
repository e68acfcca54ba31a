import { isIPv4, isIPv6 } from "node:net";
import type { JsonObject } from "../../k8s/json.ts";
import { mapEach, objectsAt, stringAt, stringsAt, withDefaults } from "../../k8s/json-fields.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import {
  duplicate,
  immutable,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from "./causes.ts";
import type { Strategy } from "./strategy.ts";

const addressTypes = ["FQDN", "IPv4", "IPv6"];
const protocols = ["SCTP", "TCP", "UDP"];

/** EndpointSlices (`pkg/registry/discovery/endpointslice/strategy.go`). */
export const endpointSliceStrategy: Strategy = {
  countsGenerations: true,
  generationCounts: ["labels", "annotations", "ownerReferences", "finalizers"],
  defaults: (slice) =>
    mapEach(slice, "ports", (port) => {
      const named = port["name"] === undefined ? { ...port, name: "" } : port;
      return withDefaults(named, { protocol: "TCP" });
    }),
  validate(slice) {
    const type = stringAt(slice, "addressType");
    if (type === "") return [required("addressType")];
    if (!addressTypes.includes(type)) return [notSupported("addressType", type, addressTypes)];
    return [...validateEndpoints(slice, type), ...validatePorts(slice)];
  },
  validateUpdate: (next, previous) =>
    next["addressType"] === previous["addressType"]
      ? []
      : [immutable("addressType", next["addressType"])],
};

function validateEndpoints(slice: JsonObject, type: string): readonly StatusCause[] {
  return objectsAt(slice, "endpoints").flatMap((endpoint, index) => {
    const at = `endpoints[${index}]`;
    const addresses = stringsAt(endpoint, "addresses");
    const hostname = stringAt(endpoint, "hostname");
    const nodeName = stringAt(endpoint, "nodeName");
    return [
      ...(addresses.length === 0
        ? [required(`${at}.addresses`, "must contain at least 1 address")]
        : []),
      ...addresses.flatMap((address, place) =>
        validateAddress(`${at}.addresses[${place}]`, address, type),
      ),
      ...(hostname === ""
        ? []
        : invalidFor(`${at}.hostname`, hostname, dns1123LabelErrors(hostname))),
      ...(nodeName === ""
        ? []
        : invalidFor(`${at}.nodeName`, nodeName, dns1123SubdomainErrors(nodeName))),
    ];
  });
}

function validateAddress(field: string, address: string, type: string): readonly StatusCause[] {
  if (type === "FQDN") return invalidFor(field, address, dns1123SubdomainErrors(address));
  if (!isIPv4(address) && !isIPv6(address)) {
    const detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    return [invalidValue(field, address, detail)];
  }
  if (isIPv4(address) !== (type === "IPv4")) {
    return [invalidValue(field, address, `must be an ${type} address`)];
  }
  if (address.startsWith("127.") || address === "::1") {
    const detail = "may not be in the loopback range (127.0.0.0/8, ::1/128)";
    return [invalidValue(field, address, detail)];
  }
  return [];
}

/** Upstream does not look at the numbers. */
function validatePorts(slice: JsonObject): readonly StatusCause[] {
  const names = new Set<string>();
  return objectsAt(slice, "ports").flatMap((port, index) => {
    const at = `ports[${index}]`;
    const name = stringAt(port, "name");
    const protocol = stringAt(port, "protocol");
    const isTwice = names.has(name);
    names.add(name);
    return [
      ...(name === "" ? [] : invalidFor(`${at}.name`, name, dns1123LabelErrors(name))),
      ...(isTwice ? [duplicate(`${at}.name`, name)] : []),
      ...(protocols.includes(protocol)
        ? []
        : [notSupported(`${at}.protocol`, protocol, protocols)]),
    ];
  });
}
