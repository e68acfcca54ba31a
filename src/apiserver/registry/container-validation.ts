import type { JsonObject } from "../../k8s/json.ts";
import { isAbsent, numberAt, objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import { dns1123LabelErrors } from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import {
  duplicate,
  forbiddenField,
  invalidFor,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from "./causes.ts";
import { portNameErrors, portNumberErrors } from "./ports.ts";
import { validateResourceRequirements } from "./resource-validation.ts";

/** Containers of a pod or a template (`pkg/apis/core/validation/validation.go`). */

/** The containers; `volumeNames` are those that they may mount. */
export function validateContainers(
  containers: readonly JsonObject[],
  volumeNames: ReadonlySet<string>,
  path: string,
): readonly StatusCause[] {
  if (containers.length === 0) return [required(path)];
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    causes.push(...validateContainer(container, volumeNames, at));
    causes.push(...validateName(container, names, at));
  }
  causes.push(...validateHostPorts(containers, path));
  return causes;
}

/** The init containers, whose names must differ from those of the containers too. */
export function validateInitContainers(
  spec: JsonObject,
  volumeNames: ReadonlySet<string>,
  path: string,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set(objectsAt(spec, "containers").map(({ name }) => String(name)));
  for (const [index, container] of objectsAt(spec, "initContainers").entries()) {
    const at = `${path}[${index}]`;
    causes.push(...validateContainer(container, volumeNames, at));
    causes.push(...validateName(container, names, at));
    causes.push(...validateHostPorts([container], path));
    if (container["restartPolicy"] === "Always") continue;
    for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]) {
      if (isAbsent(container[field])) continue;
      const detail = "may not be set for init containers without restartPolicy=Always";
      causes.push(forbiddenField(`${at}.${field}`, detail));
    }
  }
  return causes;
}

function validateName(
  container: JsonObject,
  taken: Set<string>,
  path: string,
): readonly StatusCause[] {
  const name = stringAt(container, "name");
  if (name === "") return [];
  if (taken.has(name)) return [duplicate(`${path}.name`, name)];
  taken.add(name);
  return [];
}

function validateContainer(
  container: JsonObject,
  volumeNames: ReadonlySet<string>,
  path: string,
): readonly StatusCause[] {
  const name = stringAt(container, "name");
  const policy = stringAt(container, "imagePullPolicy");
  const messages = stringAt(container, "terminationMessagePolicy");
  const causes: StatusCause[] = [];
  if (name === "") causes.push(required(`${path}.name`));
  else causes.push(...invalidFor(`${path}.name`, name, dns1123LabelErrors(name)));
  if (stringAt(container, "image") === "") causes.push(required(`${path}.image`));
  if (messages !== "File" && messages !== "FallbackToLogsOnError") {
    const supported = ["File", "FallbackToLogsOnError"];
    causes.push(notSupported(`${path}.terminationMessagePolicy`, messages, supported));
  }
  causes.push(...validatePorts(objectsAt(container, "ports"), `${path}.ports`));
  causes.push(...validateEnv(objectsAt(container, "env"), `${path}.env`));
  causes.push(...validateVolumeMounts(container, volumeNames, `${path}.volumeMounts`));
  if (policy !== "Always" && policy !== "IfNotPresent" && policy !== "Never") {
    const supported = ["Always", "IfNotPresent", "Never"];
    causes.push(notSupported(`${path}.imagePullPolicy`, policy, supported));
  }
  const resources = objectAt(container, "resources");
  causes.push(...validateResourceRequirements(resources, `${path}.resources`));
  causes.push(...validateProbes(container, path));
  return causes;
}

function validatePorts(ports: readonly JsonObject[], path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(port, "name");
    const wrong = name === "" ? [] : portNameErrors(name);
    causes.push(...invalidFor(`${at}.name`, name, wrong));
    if (name !== "" && wrong.length === 0 && names.has(name)) {
      causes.push(duplicate(`${at}.name`, name));
    }
    names.add(name);
    for (const field of ["containerPort", "hostPort"]) {
      const number = numberAt(port, field) ?? 0;
      if (number === 0) {
        if (field === "containerPort") causes.push(required(`${at}.${field}`));
        continue;
      }
      for (const message of portNumberErrors(number)) {
        causes.push(invalidValue(`${at}.${field}`, number, message));
      }
    }
    causes.push(...validateProtocol(port, at));
  }
  return causes;
}

/** The protocol of a port of a container or a service. */
export function validateProtocol(port: JsonObject, path: string): readonly StatusCause[] {
  const protocol = stringAt(port, "protocol");
  const supported = ["SCTP", "TCP", "UDP"];
  if (protocol === "") return [required(`${path}.protocol`)];
  return supported.includes(protocol)
    ? []
    : [notSupported(`${path}.protocol`, protocol, supported)];
}

function validateHostPorts(
  containers: readonly JsonObject[],
  path: string,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const taken = new Set<string>();
  for (const [index, container] of containers.entries()) {
    for (const [portIndex, port] of objectsAt(container, "ports").entries()) {
      const number = numberAt(port, "hostPort") ?? 0;
      if (number === 0) continue;
      const key = `${stringAt(port, "hostIP")}/${number}/${stringAt(port, "protocol")}`;
      if (taken.has(key)) {
        const field = `${path}[${index}].ports[${portIndex}].hostPort`;
        causes.push(
          duplicate(field, `${stringAt(port, "protocol")}/${stringAt(port, "hostIP")}/${number}`),
        );
      }
      taken.add(key);
    }
  }
  return causes;
}

function validateEnv(entries: readonly JsonObject[], path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, entry] of entries.entries()) {
    const at = `${path}[${index}]`;
    if (stringAt(entry, "name") === "") causes.push(required(`${at}.name`));
    if (stringAt(entry, "value") === "" || isAbsent(entry["valueFrom"])) continue;
    const detail = "may not be specified when `value` is not empty";
    causes.push(invalidValue(`${at}.valueFrom`, "", detail));
  }
  return causes;
}

function validateVolumeMounts(
  container: JsonObject,
  volumeNames: ReadonlySet<string>,
  path: string,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const mountPaths = new Set<string>();
  for (const [index, mount] of objectsAt(container, "volumeMounts").entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(mount, "name");
    const mountPath = stringAt(mount, "mountPath");
    if (name === "") causes.push(required(`${at}.name`));
    if (!volumeNames.has(name)) causes.push(notFoundValue(`${at}.name`, name));
    if (mountPath === "") causes.push(required(`${at}.mountPath`));
    if (mountPaths.has(mountPath)) {
      causes.push(invalidValue(`${at}.mountPath`, mountPath, "must be unique"));
    }
    mountPaths.add(mountPath);
  }
  return causes;
}

function validateProbes(container: JsonObject, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    if (isAbsent(container[field])) continue;
    const probe = objectAt(container, field);
    const handlers = ["exec", "httpGet", "tcpSocket", "grpc"].filter(
      (name) => !isAbsent(probe[name]),
    );
    if (handlers.length === 0) {
      causes.push(required(`${path}.${field}`, "must specify a handler type"));
    }
    for (const extra of handlers.slice(1)) {
      const detail = "may not specify more than 1 handler type";
      causes.push(forbiddenField(`${path}.${field}.${extra}`, detail));
    }
    if (field !== "readinessProbe" && (numberAt(probe, "successThreshold") ?? 1) !== 1) {
      const value = numberAt(probe, "successThreshold");
      causes.push(invalidValue(`${path}.${field}.successThreshold`, value, "must be 1"));
    }
  }
  return causes;
}
