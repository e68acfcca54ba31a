import type { JsonObject } from "../../k8s/json.ts";
import {
  mapMember,
  mapStruct,
  objectAt,
  objectsAt,
  stringAt,
  stringMapAt,
  stringsAt,
  withDefaults,
} from "../../k8s/json-fields.ts";
import { labelValueErrors, qualifiedNameErrors } from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { duplicate, forbiddenField, invalidFor, invalidValue } from "./causes.ts";
import { validateTaintEffect } from "./pod-validation.ts";
import { validateAmount } from "./resource-validation.ts";
import type { Strategy } from "./strategy.ts";

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** Nodes (`pkg/registry/core/node/strategy.go`); the status is kept on create. */
export const nodeStrategy: Strategy = {
  defaults: (node) => mapMember(mapMember(node, "spec", alignRanges), "status", defaultStatus),
  // TaintNodesByCondition: nothing may run on a node before its controller has seen it Ready.
  prepareForCreate: (node) =>
    mapStruct(node, "spec", (spec) => {
      const taints = objectsAt(spec, "taints");
      const tainted = taints.some(
        ({ key, effect }) => key === notReady.key && effect === notReady.effect,
      );
      return tainted ? spec : { ...spec, taints: [...taints, notReady] };
    }),
  prepareForStatusUpdate: (next, previous) => ({ ...next, spec: previous["spec"] }),
  validate: (node) => [
    ...validateTaints(objectsAt(objectAt(node, "spec"), "taints")),
    ...validateResources(node),
  ],
  validateUpdate: validateSpecUpdate,
  validateStatusUpdate: validateStatus,
  selectableFields: (node) => ({
    "spec.unschedulable": String(objectAt(node, "spec")["unschedulable"] === true),
  }),
};

/** The older of the two fields is what counts when they differ (`pkg/apis/core/v1/conversion.go`). */
function alignRanges(spec: JsonObject): JsonObject {
  const range = stringAt(spec, "podCIDR");
  const [first] = stringsAt(spec, "podCIDRs");
  if (range === (first ?? "")) return spec;
  return range === "" ? withDefaults(spec, { podCIDR: first }) : { ...spec, podCIDRs: [range] };
}

function defaultStatus(status: JsonObject): JsonObject {
  const capacity = status["capacity"];
  if (status["allocatable"] !== undefined || capacity === undefined) return status;
  return { ...status, allocatable: capacity };
}

function validateTaints(taints: readonly JsonObject[]): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    // Upstream starts this path at the metadata, and clients have seen it so ever since.
    const at = `metadata.taints[${index}]`;
    const key = stringAt(taint, "key");
    const value = stringAt(taint, "value");
    const effect = stringAt(taint, "effect");
    causes.push(...invalidFor(`${at}.key`, key, qualifiedNameErrors(key)));
    const wrong = labelValueErrors(value);
    if (wrong.length > 0) causes.push(invalidValue(`${at}.value`, value, wrong.join(";")));
    causes.push(...validateTaintEffect(effect, `${at}.effect`));
    if (seen.has(`${effect}/${key}`)) {
      // Upstream shows the taint as its own type, not as the API has it.
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: null };
      const cause = duplicate(at, shown);
      const message = `${cause.message}: taints must be unique by key and effect pair`;
      causes.push({ ...cause, message });
    }
    seen.add(`${effect}/${key}`);
  }
  return causes;
}

function validateResources(node: JsonObject): readonly StatusCause[] {
  const status = objectAt(node, "status");
  const causes: StatusCause[] = [];
  for (const list of ["capacity", "allocatable"]) {
    const amounts = stringMapAt(status, list);
    for (const name in amounts) {
      causes.push(...validateAmount(name, amounts[name] ?? "", `status.${list}.${name}`));
    }
  }
  return causes;
}

function validateSpecUpdate(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const spec = objectAt(next, "spec");
  const before = objectAt(previous, "spec");
  const causes: StatusCause[] = [];
  const ranges = stringsAt(before, "podCIDRs");
  if (ranges.length > 0 && ranges.join() !== stringsAt(spec, "podCIDRs").join()) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    causes.push(forbiddenField("spec.podCIDRs", detail));
  }
  const provider = stringAt(before, "providerID");
  if (provider !== "" && provider !== stringAt(spec, "providerID")) {
    const detail = 'node updates may not change providerID except from "" to valid';
    causes.push(forbiddenField("spec.providerID", detail));
  }
  return causes;
}

function validateStatus(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const status = objectAt(next, "status");
  const before = objectAt(previous, "status");
  // Heartbeats leave the amounts as they are; there are a hundred a second of them.
  if (
    status["capacity"] === before["capacity"] &&
    status["allocatable"] === before["allocatable"]
  ) {
    return [];
  }
  return validateResources(next);
}
