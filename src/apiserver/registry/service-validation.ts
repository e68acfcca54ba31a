import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, objectsAt, stringAt, stringMapAt } from "../../k8s/json-fields.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import {
  duplicate,
  forbiddenField,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from "./causes.ts";
import { validateProtocol } from "./container-validation.ts";
import { validateLabels } from "./label-validation.ts";
import { portNameErrors, portNumberErrors } from "./ports.ts";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const affinities = ["ClientIP", "None"];

/** A Service after defaulting and allocation (`validateService` of `pkg/apis/core/validation`). */
export function validateService(service: JsonObject): readonly StatusCause[] {
  const spec = objectAt(service, "spec");
  const type = stringAt(spec, "type");
  const affinity = stringAt(spec, "sessionAffinity");
  const headless = stringAt(spec, "clusterIP") === "None";
  const causes: StatusCause[] = [];
  if (objectsAt(spec, "ports").length === 0 && !headless && type !== "ExternalName") {
    causes.push(required("spec.ports"));
  }
  if (headless && (type === "LoadBalancer" || type === "NodePort")) {
    const detail = `may not be set to 'None' for ${type} services`;
    causes.push(invalidValue("spec.clusterIPs[0]", "None", detail));
  }
  if (type === "ExternalName") causes.push(...validateExternalName(spec));
  causes.push(...validatePorts(spec, type));
  causes.push(...validateLabels(stringMapAt(spec, "selector"), "spec.selector"));
  if (!affinities.includes(affinity)) {
    causes.push(notSupported("spec.sessionAffinity", affinity, affinities));
  }
  if (!types.includes(type)) causes.push(notSupported("spec.type", type, types));
  return causes;
}

/** The address of a service is its own for life, unless it gives addresses up altogether. */
export function validateServiceUpdate(
  next: JsonObject,
  previous: JsonObject,
): readonly StatusCause[] {
  const spec = objectAt(next, "spec");
  const before = objectAt(previous, "spec");
  if (spec["type"] === "ExternalName" || before["type"] === "ExternalName") return [];
  const address = stringAt(before, "clusterIP");
  if (address === "" || address === stringAt(spec, "clusterIP")) return [];
  const detail = "may not change once set";
  return [invalidValue("spec.clusterIPs[0]", spec["clusterIPs"], detail)];
}

function validateExternalName(spec: JsonObject): readonly StatusCause[] {
  // A trailing dot says that the name is fully qualified.
  const name = stringAt(spec, "externalName").replace(/\.$/, "");
  if (name === "") return [required("spec.externalName")];
  return invalidFor("spec.externalName", name, dns1123SubdomainErrors(name));
}

function validatePorts(spec: JsonObject, type: string): readonly StatusCause[] {
  const ports = objectsAt(spec, "ports");
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  const seen = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    const name = stringAt(port, "name");
    const number = numberAt(port, "port") ?? 0;
    if (name === "" && ports.length > 1) causes.push(required(`${at}.name`));
    if (name !== "") causes.push(...invalidFor(`${at}.name`, name, dns1123LabelErrors(name)));
    if (name !== "" && names.has(name)) causes.push(duplicate(`${at}.name`, name));
    names.add(name);
    for (const message of portNumberErrors(number)) {
      causes.push(invalidValue(`${at}.port`, number, message));
    }
    causes.push(...validateProtocol(port, at));
    causes.push(...validateTarget(port, `${at}.targetPort`));
    if (type === "ClusterIP" && (numberAt(port, "nodePort") ?? 0) !== 0) {
      const detail = "may not be used when `type` is 'ClusterIP'";
      causes.push(forbiddenField(`${at}.nodePort`, detail));
    }
    const key = `${stringAt(port, "protocol")}/${number}`;
    if (seen.has(key)) {
      causes.push(duplicate(at, { protocol: stringAt(port, "protocol"), port: number }));
    }
    seen.add(key);
  }
  return causes;
}

function validateTarget(port: JsonObject, field: string): readonly StatusCause[] {
  const target = port["targetPort"];
  if (typeof target === "number") {
    return portNumberErrors(target).map((message) => invalidValue(field, target, message));
  }
  return typeof target === "string" ? invalidFor(field, target, portNameErrors(target)) : [];
}
