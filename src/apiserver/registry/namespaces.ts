import type { JsonObject } from "../../k8s/json.ts";
import {
  mapStruct,
  objectAt,
  stringAt,
  stringsAt,
  withDefaults,
  withMember,
  without,
} from "../../k8s/json-fields.ts";
import { dns1123LabelErrors } from "../../k8s/names.ts";
import type { Strategy } from "./strategy.ts";

const nameLabel = "kubernetes.io/metadata.name";
const everlasting = ["default", "kube-system", "kube-public"];

/** Namespaces (`pkg/registry/core/namespace/strategy.go`). */
export const namespaceStrategy: Strategy = {
  validateName: dns1123LabelErrors,
  defaults: (namespace) =>
    mapStruct(withNameLabel(namespace), "status", (status) =>
      withDefaults(status, { phase: "Active" }),
    ),
  prepareForCreate(namespace) {
    const finalizers = stringsAt(objectAt(namespace, "spec"), "finalizers");
    const spec = {
      ...objectAt(namespace, "spec"),
      finalizers: finalizers.includes("kubernetes") ? finalizers : [...finalizers, "kubernetes"],
    };
    // A generated name was not known when defaults were set.
    return { ...withNameLabel(namespace), spec, status: { phase: "Active" } };
  },
  // Only the `finalize` subresource may take a finalizer away.
  prepareForUpdate: (next, previous) =>
    mapStruct(next, "spec", (spec) =>
      withMember(spec, "finalizers", [...stringsAt(objectAt(previous, "spec"), "finalizers")]),
    ),
  // The real server deletes namespaces by a path of its own, which knows no grace period.
  prepareForDelete: (namespace) =>
    mapStruct(
      mapStruct(namespace, "metadata", (metadata) =>
        without(metadata, "deletionGracePeriodSeconds"),
      ),
      "status",
      (status) => withMember(status, "phase", "Terminating"),
    ),
  isHeld: (namespace) => stringsAt(objectAt(namespace, "spec"), "finalizers").length > 0,
  refuseDelete: (namespace) =>
    everlasting.includes(stringAt(objectAt(namespace, "metadata"), "name"))
      ? "this namespace may not be deleted"
      : undefined,
  selectableFields: (namespace) => ({
    "status.phase": stringAt(objectAt(namespace, "status"), "phase"),
    name: stringAt(objectAt(namespace, "metadata"), "name"),
  }),
};

function withNameLabel(namespace: JsonObject): JsonObject {
  const name = stringAt(objectAt(namespace, "metadata"), "name");
  if (name === "") return namespace;
  return mapStruct(namespace, "metadata", (metadata) =>
    mapStruct(metadata, "labels", (labels) => withMember(labels, nameLabel, name)),
  );
}
