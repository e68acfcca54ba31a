import { isIP, isIPv4 } from "node:net";
import { isConditionTrue } from "../../k8s/conditions.ts";
import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import { isAbsent, objectAt, objectsAt, stringAt, stringsAt } from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import { immutable, invalidValue, required } from "./causes.ts";
import { type AddressRange, parseIpv4Range } from "./service-addresses.ts";
import type { Strategy, StrategyContext } from "./strategy.ts";

/** ServiceCIDRs (`pkg/registry/networking/servicecidr/strategy.go`). */
export const serviceCidrStrategy: Strategy = {
  // What a client says of its status is kept: upstream does not clear it.
  prepareForCreate: (serviceCidr) => serviceCidr,
  validate(serviceCidr) {
    const cidrs = stringsAt(objectAt(serviceCidr, "spec"), "cidrs");
    if (cidrs.length === 0) return [required("spec.cidrs", "at least one CIDR required")];
    return cidrs.flatMap((cidr, index) => validateCidr(`spec.cidrs[${index}]`, cidr));
  },
  validateUpdate(next, previous) {
    const after = stringsAt(objectAt(next, "spec"), "cidrs");
    const before = stringsAt(objectAt(previous, "spec"), "cidrs");
    return after.flatMap((cidr, index) =>
      cidr === before[index] ? [] : [immutable(`spec.cidrs[${index}]`, cidr)],
    );
  },
};

function validateCidr(field: string, cidr: string): readonly StatusCause[] {
  const [address = "", bits = "", ...others] = cidr.split("/");
  const max = isIPv4(address) ? 32 : 128;
  const isCidr = isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= max;
  if (!isCidr || others.length > 0) {
    const detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    return [invalidValue(field, cidr, detail)];
  }
  if (isIPv4(address) && lowBits(address, Number(bits)) !== 0) {
    return [invalidValue(field, cidr, "must not have bits set beyond the prefix length")];
  }
  return [];
}

function lowBits(address: string, prefix: number): number {
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return value % 2 ** (32 - prefix);
}

/** The IPv4 ranges that services may have addresses of: those that are ready and stay. */
export function serviceRanges(context: StrategyContext): readonly AddressRange[] {
  const ranges: AddressRange[] = [];
  for (const serviceCidr of context.list("networking.k8s.io", "servicecidrs")) {
    if (objectAt(serviceCidr, "metadata")["deletionTimestamp"] !== undefined) continue;
    const conditions = objectsAt(objectAt(serviceCidr, "status"), "conditions");
    if (!isConditionTrue(conditions as unknown as readonly Condition[], "Ready")) continue;
    for (const cidr of stringsAt(objectAt(serviceCidr, "spec"), "cidrs")) {
      const range = parseIpv4Range(cidr);
      if (range !== undefined) ranges.push(range);
    }
  }
  return ranges;
}

/** IPAddresses (`pkg/registry/networking/ipaddress/strategy.go`). */
export const ipAddressStrategy: Strategy = {
  validateName: (name) =>
    isIP(name) === 0 ? ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"] : [],
  validate(address) {
    const { parentRef } = objectAt(address, "spec");
    if (isAbsent(parentRef)) return [required("spec.parentRef")];
    const parent = objectAt(address, "spec", "parentRef");
    return ["resource", "name"]
      .filter((field) => stringAt(parent, field) === "")
      .map((field) => required(`spec.parentRef.${field}`));
  },
  validateUpdate(next, previous) {
    const parent = objectAt(next, "spec", "parentRef");
    if (jsonEqual(parent, objectAt(previous, "spec", "parentRef"))) return [];
    // Upstream shows the struct as Go has it.
    const shown: JsonObject = {
      Group: stringAt(parent, "group"),
      Resource: stringAt(parent, "resource"),
      Namespace: stringAt(parent, "namespace"),
      Name: stringAt(parent, "name"),
    };
    return [immutable("spec.parentRef", shown)];
  },
};
