import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  mapMember,
  objectAt,
  objectsAt,
  stringAt,
  stringMapAt,
  stringsAt,
  withDefaults,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { forbiddenField, immutable, notSupported, required } from "./causes.ts";
import type { Strategy } from "./strategy.ts";

/** StorageClasses (`pkg/registry/storage/storageclass/strategy.go`). */
export const storageClassStrategy: Strategy = {
  defaults: (storageClass) =>
    withDefaults(storageClass, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  validate(storageClass) {
    const mode = stringAt(storageClass, "volumeBindingMode");
    const modes = ["Immediate", "WaitForFirstConsumer"];
    const policy = stringAt(storageClass, "reclaimPolicy");
    const policies = ["Delete", "Retain"];
    return [
      ...(stringAt(storageClass, "provisioner") === "" ? [required("provisioner")] : []),
      ...(policies.includes(policy) ? [] : [notSupported("reclaimPolicy", policy, policies)]),
      ...(modes.includes(mode) ? [] : [notSupported("volumeBindingMode", mode, modes)]),
    ];
  },
  validateUpdate: validateStorageClassUpdate,
};

function validateStorageClassUpdate(
  next: JsonObject,
  previous: JsonObject,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  if (!jsonEqual(stringMapAt(next, "parameters"), stringMapAt(previous, "parameters"))) {
    causes.push(forbiddenField("parameters", "updates to parameters are forbidden."));
  }
  for (const field of ["provisioner", "reclaimPolicy"]) {
    if (next[field] === previous[field]) continue;
    causes.push(forbiddenField(field, `updates to ${field} are forbidden.`));
  }
  if (next["volumeBindingMode"] !== previous["volumeBindingMode"]) {
    causes.push(immutable("volumeBindingMode", next["volumeBindingMode"]));
  }
  return causes;
}

/** CSINodes (`pkg/registry/storage/csinode/strategy.go`). */
export const csiNodeStrategy: Strategy = {
  requiresVersionOnUpdate: true,
  validate: (node) =>
    objectsAt(objectAt(node, "spec"), "drivers").flatMap((driver, index) =>
      ["name", "nodeID"]
        .filter((field) => stringAt(driver, field) === "")
        .map((field) => required(`spec.drivers[${index}].${field}`)),
    ),
};

/** CSIDrivers (`pkg/registry/storage/csidriver/strategy.go`). */
export const csiDriverStrategy: Strategy = {
  requiresVersionOnUpdate: true,
  defaults: (driver) =>
    mapMember(driver, "spec", (spec) =>
      withDefaults(spec, {
        attachRequired: true,
        podInfoOnMount: false,
        storageCapacity: false,
        fsGroupPolicy: "ReadWriteOnceWithFSType",
        volumeLifecycleModes: ["Persistent"],
        requiresRepublish: false,
        seLinuxMount: false,
      }),
    ),
  validate(driver) {
    const spec = objectAt(driver, "spec");
    const policy = stringAt(spec, "fsGroupPolicy");
    const policies = ["File", "None", "ReadWriteOnceWithFSType"];
    const modes = ["Persistent", "Ephemeral"];
    const wrongModes = stringsAt(spec, "volumeLifecycleModes").filter(
      (mode) => !modes.includes(mode),
    );
    return [
      ...(policy === "" || policies.includes(policy)
        ? []
        : [notSupported("spec.fsGroupPolicy", policy, policies)]),
      ...wrongModes.map((mode) => notSupported("spec.volumeLifecycleModes", mode, modes)),
    ];
  },
  validateUpdate(next, previous) {
    const after = objectAt(next, "spec");
    const before = objectAt(previous, "spec");
    // Upstream spells the first one like this.
    const fixed = {
      attachRequired: "attachedRequired",
      volumeLifecycleModes: "volumeLifecycleModes",
    };
    return Object.entries(fixed)
      .filter(([field]) => !jsonEqual(after[field], before[field]))
      .map(([field, name]) => immutable(`spec.${name}`, after[field]));
  },
};

/** Kinds of the group that only need a version on update. */
export const versionedStrategy: Strategy = { requiresVersionOnUpdate: true };
