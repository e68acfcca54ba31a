import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  isAbsent,
  mapMember,
  mapStruct,
  objectAt,
  stringAt,
  stringMapAt,
  stringsAt,
  withDefaults,
  without,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { forbiddenField, notSupported, required } from "./causes.ts";
import { defaultClaimSpec } from "./pod-spec-defaults.ts";
import { validateAmount } from "./resource-validation.ts";
import type { Strategy, StrategyContext } from "./strategy.ts";

const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const isDefaultClass = "storageclass.kubernetes.io/is-default-class";

/*
 * Upstream's admission also adds a finalizer that keeps what is in use from being removed. It comes
 * here together with the controller that takes it away: without, nothing could be deleted.
 */

/** PersistentVolumes (`pkg/registry/core/persistentvolume/strategy.go`). */
export const persistentVolumeStrategy: Strategy = {
  defaults: (volume) =>
    mapStruct(
      mapStruct(volume, "spec", (spec) =>
        mapMember(
          withDefaults(spec, {
            persistentVolumeReclaimPolicy: "Retain",
            volumeMode: "Filesystem",
          }),
          "hostPath",
          (source) => (source["type"] === undefined ? { ...source, type: "" } : source),
        ),
      ),
      "status",
      (status) => withDefaults(status, { phase: "Pending" }),
    ),
  prepareForCreate: (volume, { now }) => ({
    ...volume,
    status: { phase: "Pending", lastPhaseTransitionTime: now },
  }),
  validate(volume) {
    const spec = objectAt(volume, "spec");
    const causes = [...validateAccessModes(spec)];
    const capacity = stringMapAt(spec, "capacity");
    if (Object.keys(capacity).length === 0) causes.push(required("spec.capacity"));
    for (const name in capacity) {
      causes.push(...validateAmount(name, capacity[name] ?? "", `spec.capacity[${name}]`));
    }
    return causes;
  },
};

/** PersistentVolumeClaims (`pkg/registry/core/persistentvolumeclaim/strategy.go`). */
export const persistentVolumeClaimStrategy: Strategy = {
  defaults: defaultClaim,
  prepareForCreate: (claim, context) => ({
    ...withDefaultClass(claim, context),
    status: { phase: "Pending" },
  }),
  validate(claim) {
    const spec = objectAt(claim, "spec");
    const field = "spec.resources[storage]";
    const storage = stringAt(objectAt(spec, "resources", "requests"), "storage");
    return [
      ...validateAccessModes(spec),
      ...(storage === "" ? [required(field)] : validateAmount("storage", storage, field)),
    ];
  },
  validateUpdate: validateClaimUpdate,
};

/** Defaults of a claim, also of one in a StatefulSet. */
export function defaultClaim(claim: JsonObject): JsonObject {
  return mapStruct(mapStruct(claim, "spec", defaultClaimSpec), "status", (status) =>
    withDefaults(status, { phase: "Pending" }),
  );
}

/** DefaultStorageClass: a claim that names no class gets the newest default one. */
function withDefaultClass(claim: JsonObject, context: StrategyContext): JsonObject {
  if (objectAt(claim, "spec")["storageClassName"] !== undefined) return claim;
  let newest: JsonObject | undefined;
  for (const candidate of context.list("storage.k8s.io", "storageclasses")) {
    const metadata = objectAt(candidate, "metadata");
    if (objectAt(metadata, "annotations")[isDefaultClass] !== "true") continue;
    if (newest === undefined || createdAfter(metadata, newest)) newest = metadata;
  }
  if (newest === undefined) return claim;
  const storageClassName = stringAt(newest, "name");
  return mapStruct(claim, "spec", (spec) => ({ ...spec, storageClassName }));
}

function createdAfter(left: JsonObject, right: JsonObject): boolean {
  return stringAt(left, "creationTimestamp") > stringAt(right, "creationTimestamp");
}

function validateAccessModes(spec: JsonObject): readonly StatusCause[] {
  const field = "spec.accessModes";
  const modes = stringsAt(spec, "accessModes");
  if (modes.length === 0) return [required(field, "at least 1 access mode is required")];
  const causes = modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported(field, mode, accessModes));
  if (modes.includes("ReadWriteOncePod") && modes.length > 1) {
    causes.push(forbiddenField(field, "may not use ReadWriteOncePod with other access modes"));
  }
  return causes;
}

function validateClaimUpdate(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const fixed = (claim: JsonObject): JsonObject => {
    const bound = objectAt(previous, "status")["phase"] === "Bound";
    const spec = objectAt(claim, "spec");
    const growable = bound ? without(spec, "resources", "volumeAttributesClassName") : spec;
    // Whoever binds a claim writes the name of its volume, once.
    return isAbsent(objectAt(previous, "spec")["volumeName"])
      ? without(growable, "volumeName")
      : growable;
  };
  if (jsonEqual(fixed(next), fixed(previous))) return [];
  const detail =
    "spec is immutable after creation except resources.requests and " +
    "volumeAttributesClassName for bound claims\n";
  return [forbiddenField("spec", detail)];
}
