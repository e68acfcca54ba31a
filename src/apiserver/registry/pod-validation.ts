import type { JsonObject } from "../../k8s/json.ts";
import {
  isAbsent,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringMapAt,
} from "../../k8s/json-fields.ts";
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import {
  duplicate,
  forbiddenField,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from "./causes.ts";
import { validateContainers, validateInitContainers } from "./container-validation.ts";
import { validateLabelSelector, validateLabels } from "./label-validation.ts";
import { validateAnnotations } from "./object-meta.ts";

/** PodSpecs and pod templates (`pkg/apis/core/validation/validation.go`, the rules that users meet). */

const int32Max = 2_147_483_647;

/** A PodSpec after defaulting. */
export function validatePodSpec(spec: JsonObject, path: string): readonly StatusCause[] {
  const volumes = validateVolumes(objectsAt(spec, "volumes"), `${path}.volumes`);
  return [
    ...volumes.causes,
    ...validateContainers(objectsAt(spec, "containers"), volumes.names, `${path}.containers`),
    ...validateInitContainers(spec, volumes.names, `${path}.initContainers`),
    ...oneOf(spec, "restartPolicy", ["Always", "OnFailure", "Never"], path),
    ...oneOf(
      spec,
      "dnsPolicy",
      ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
      path,
    ),
    ...validateLabels(stringMapAt(spec, "nodeSelector"), `${path}.nodeSelector`),
    ...validateAffinity(objectAt(spec, "affinity"), `${path}.affinity`),
    ...validateGates(objectsAt(spec, "schedulingGates"), `${path}.schedulingGates`),
    ...validateSpread(spec, `${path}.topologySpreadConstraints`),
    ...validateNames(spec, path),
    ...validateDeadline(spec, `${path}.activeDeadlineSeconds`),
    ...validateTolerations(objectsAt(spec, "tolerations"), `${path}.tolerations`),
    ...(isAbsent(spec["preemptionPolicy"])
      ? []
      : oneOf(spec, "preemptionPolicy", ["PreemptLowerPriority", "Never"], path)),
  ];
}

/** A pod template: its metadata and its spec. */
export function validatePodTemplate(template: JsonObject, path: string): readonly StatusCause[] {
  const metadata = objectAt(template, "metadata");
  const causes = [
    ...validateLabels(stringMapAt(metadata, "labels"), `${path}.labels`),
    ...validateAnnotations(stringMapAt(metadata, "annotations"), `${path}.annotations`),
    ...validatePodSpec(objectAt(template, "spec"), `${path}.spec`),
  ];
  if (objectsAt(objectAt(template, "spec"), "ephemeralContainers").length > 0) {
    const detail = "ephemeral containers not allowed in pod template";
    causes.push(forbiddenField(`${path}.spec.ephemeralContainers`, detail));
  }
  return causes;
}

function oneOf(
  spec: JsonObject,
  field: string,
  supported: readonly string[],
  path: string,
): readonly StatusCause[] {
  const value = stringAt(spec, field);
  if (value === "") return [required(`${path}.${field}`)];
  return supported.includes(value) ? [] : [notSupported(`${path}.${field}`, value, supported)];
}

function validateVolumes(
  volumes: readonly JsonObject[],
  path: string,
): { readonly names: ReadonlySet<string>; readonly causes: readonly StatusCause[] } {
  const names = new Set<string>();
  const causes: StatusCause[] = [];
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(volume, "name");
    const wrong: StatusCause[] = [];
    const sources = Object.keys(volume).filter((key) => key !== "name" && !isAbsent(volume[key]));
    if (sources.length === 0) wrong.push(required(at, "must specify a volume type"));
    for (const extra of sources.slice(1)) {
      wrong.push(forbiddenField(`${at}.${extra}`, "may not specify more than 1 volume type"));
    }
    if (name === "") wrong.push(required(`${at}.name`));
    else wrong.push(...invalidFor(`${at}.name`, name, dns1123LabelErrors(name)));
    if (names.has(name)) wrong.push(duplicate(`${at}.name`, name));
    if (wrong.length === 0) names.add(name);
    causes.push(...wrong);
  }
  return { names, causes };
}

function validateNames(spec: JsonObject, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  for (const field of ["serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"]) {
    const name = stringAt(spec, field);
    if (name !== "")
      causes.push(...invalidFor(`${path}.${field}`, name, dns1123SubdomainErrors(name)));
  }
  for (const field of ["hostname", "subdomain"]) {
    const name = stringAt(spec, field);
    if (name !== "") causes.push(...invalidFor(`${path}.${field}`, name, dns1123LabelErrors(name)));
  }
  return causes;
}

function validateDeadline(spec: JsonObject, path: string): readonly StatusCause[] {
  const deadline = numberAt(spec, "activeDeadlineSeconds");
  if (deadline === undefined || (deadline >= 1 && deadline <= int32Max)) return [];
  return [invalidValue(path, deadline, `must be between 1 and ${int32Max}, inclusive`)];
}

function validateGates(gates: readonly JsonObject[], path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, gate] of gates.entries()) {
    const name = stringAt(gate, "name");
    causes.push(...invalidFor(`${path}[${index}]`, name, qualifiedNameErrors(name)));
    if (names.has(name)) causes.push(duplicate(`${path}[${index}]`, name));
    names.add(name);
  }
  return causes;
}

/** Of a pod, or added to one later. */
function validateTolerations(
  tolerations: readonly JsonObject[],
  path: string,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, toleration] of tolerations.entries()) {
    const at = `${path}[${index}]`;
    const key = stringAt(toleration, "key");
    const operator = stringAt(toleration, "operator");
    const value = stringAt(toleration, "value");
    const effect = stringAt(toleration, "effect");
    if (key !== "") causes.push(...invalidFor(`${at}.key`, key, qualifiedNameErrors(key)));
    if (key === "" && operator !== "Exists") {
      const detail =
        'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      causes.push(invalidValue(`${at}.operator`, operator, detail));
    }
    if (numberAt(toleration, "tolerationSeconds") !== undefined && effect !== "NoExecute") {
      const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      causes.push(invalidValue(`${at}.effect`, effect, detail));
    }
    if (operator === "" || operator === "Equal") {
      const wrong = labelValueErrors(value);
      if (wrong.length > 0) causes.push(invalidValue(`${at}.operator`, value, wrong.join(";")));
    } else if (operator !== "Exists") {
      causes.push(notSupported(`${at}.operator`, operator, ["Equal", "Exists"]));
    } else if (value !== "") {
      const detail = "value must be empty when `operator` is 'Exists'";
      causes.push(invalidValue(`${at}.operator`, value, detail));
    }
    if (effect !== "") causes.push(...validateTaintEffect(effect, `${at}.effect`));
  }
  return causes;
}

/** The effect of a taint or a toleration. */
export function validateTaintEffect(effect: string, field: string): readonly StatusCause[] {
  const supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
  if (effect === "") return [required(field)];
  return supported.includes(effect) ? [] : [notSupported(field, effect, supported)];
}

function validateSpread(spec: JsonObject, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, constraint] of objectsAt(spec, "topologySpreadConstraints").entries()) {
    const at = `${path}[${index}]`;
    const maxSkew = numberAt(constraint, "maxSkew") ?? 0;
    if (maxSkew <= 0)
      causes.push(invalidValue(`${at}.maxSkew`, maxSkew, "must be greater than zero"));
    if (stringAt(constraint, "topologyKey") === "") {
      causes.push(required(`${at}.topologyKey`, "can not be empty"));
    }
    const unsatisfiable = stringAt(constraint, "whenUnsatisfiable");
    const supported = ["DoNotSchedule", "ScheduleAnyway"];
    if (!supported.includes(unsatisfiable)) {
      causes.push(notSupported(`${at}.whenUnsatisfiable`, unsatisfiable, supported));
    }
    const selector = objectAt(constraint, "labelSelector");
    causes.push(...validateLabelSelector(selector, `${at}.labelSelector`));
  }
  return causes;
}

const requiredTerms = "requiredDuringSchedulingIgnoredDuringExecution";

function validateAffinity(affinity: JsonObject, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const node = objectAt(affinity, "nodeAffinity", requiredTerms);
  if (!isAbsent(objectAt(affinity, "nodeAffinity")[requiredTerms])) {
    const at = `${path}.nodeAffinity.${requiredTerms}.nodeSelectorTerms`;
    const terms = objectsAt(node, "nodeSelectorTerms");
    if (terms.length === 0) {
      causes.push(required(at, "must have at least one node selector term"));
    }
    for (const [index, term] of terms.entries()) {
      causes.push(...validateNodeTerm(term, `${at}[${index}]`));
    }
  }
  for (const kind of ["podAffinity", "podAntiAffinity"]) {
    for (const [index, term] of objectsAt(objectAt(affinity, kind), requiredTerms).entries()) {
      if (stringAt(term, "topologyKey") !== "") continue;
      causes.push(
        required(`${path}.${kind}.${requiredTerms}[${index}].topologyKey`, "can not be empty"),
      );
    }
  }
  return causes;
}

function validateNodeTerm(term: JsonObject, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, expression] of objectsAt(term, "matchExpressions").entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const operator = stringAt(expression, "operator");
    const values = Array.isArray(expression["values"]) ? expression["values"].length : 0;
    if (operator === "In" || operator === "NotIn") {
      const detail = "must be specified when `operator` is 'In' or 'NotIn'";
      if (values === 0) causes.push(required(`${at}.values`, detail));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      if (values > 0) causes.push(forbiddenField(`${at}.values`, detail));
    } else if (operator === "Gt" || operator === "Lt") {
      const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
      if (values !== 1) causes.push(required(`${at}.values`, detail));
    } else {
      causes.push(invalidValue(`${at}.operator`, operator, "not a valid selector operator"));
    }
    const key = stringAt(expression, "key");
    causes.push(...invalidFor(`${at}.key`, key, qualifiedNameErrors(key)));
  }
  return causes;
}
