import type { JsonObject } from "../../k8s/json.ts";
import { stringMapAt } from "../../k8s/json-fields.ts";
import { qualifiedNameErrors } from "../../k8s/names.ts";
import { compareQuantities, parseQuantity, quantityFault } from "../../k8s/quantity.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { invalidFor, invalidValue, required } from "./causes.ts";

/** Amounts of resources (`pkg/apis/core/validation/validation.go`). */

const nanoPerUnit = 1_000_000_000n;
const standardOfContainers = ["cpu", "memory", "ephemeral-storage"];

/** The requests and limits of a container or a pod. */
export function validateResourceRequirements(
  requirements: JsonObject,
  path: string,
): readonly StatusCause[] {
  const limits = stringMapAt(requirements, "limits");
  const requests = stringMapAt(requirements, "requests");
  const causes: StatusCause[] = [];
  for (const name in limits) {
    const field = `${path}.limits[${name}]`;
    causes.push(...validateContainerResource(name, field));
    causes.push(...validateAmount(name, limits[name] ?? "", field));
  }
  for (const name in requests) {
    const field = `${path}.requests[${name}]`;
    causes.push(...validateContainerResource(name, field));
    causes.push(...validateAmount(name, requests[name] ?? "", field));
    causes.push(...validateAgainstLimit(name, requests[name] ?? "", limits[name], path));
  }
  return causes;
}

/** One amount: it must not be negative, and where only whole ones exist, whole. */
export function validateAmount(name: string, text: string, field: string): readonly StatusCause[] {
  const quantity = parseQuantity(text);
  if (quantity === undefined) return [invalidValue(field, text, quantityFault(text) ?? "")];
  if (quantity.nano < 0n) {
    return [invalidValue(field, text, "must be greater than or equal to 0")];
  }
  if ((isExtended(name) || countedResources.has(name)) && quantity.nano % nanoPerUnit !== 0n) {
    return [invalidValue(field, text, "must be an integer")];
  }
  return [];
}

const countedResources = new Set([
  "pods",
  "services",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);

const quotaResource =
  /^(?:(?:requests|limits)\.(?:cpu|memory|ephemeral-storage)|(?:requests\.)?storage)$/;

function validateContainerResource(name: string, field: string): readonly StatusCause[] {
  const wrong = qualifiedNameErrors(name);
  if (wrong.length > 0) return invalidFor(field, name, wrong);
  if (name.includes("/")) return [];
  if (standardOfContainers.includes(name) || name.startsWith("hugepages-")) return [];
  const causes = [invalidValue(field, name, "must be a standard resource for containers")];
  if (countedResources.has(name) || quotaResource.test(name)) return causes;
  return [
    invalidValue(field, name, "must be a standard resource type or fully qualified"),
    ...causes,
  ];
}

function validateAgainstLimit(
  name: string,
  text: string,
  limitText: string | undefined,
  path: string,
): readonly StatusCause[] {
  const overcommits = !isExtended(name) && !name.startsWith("hugepages-");
  if (limitText === undefined) {
    const detail = "Limit must be set for non overcommitable resources";
    return overcommits ? [] : [required(`${path}.limits`, detail)];
  }
  const request = parseQuantity(text);
  const limit = parseQuantity(limitText);
  if (request === undefined || limit === undefined) return [];
  const order = compareQuantities(request, limit);
  if (order !== 0 && !overcommits) {
    return [
      invalidValue(`${path}.requests`, text, `must be equal to ${name} limit of ${limitText}`),
    ];
  }
  if (order <= 0) return [];
  const detail = `must be less than or equal to ${name} limit of ${limitText}`;
  return [invalidValue(`${path}.requests`, text, detail)];
}

/** Whether it is a resource of a device plugin: named with a domain that is not Kubernetes' own. */
function isExtended(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/") && !name.startsWith("requests.");
}
