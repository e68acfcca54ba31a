import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  mapEach,
  mapStruct,
  objectAt,
  objectsAt,
  stringAt,
  stringsAt,
  withDefaults,
} from "../../k8s/json-fields.ts";
import { pathSegmentErrors } from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { immutable, notSupported, required } from "./causes.ts";
import type { Strategy } from "./strategy.ts";

const group = "rbac.authorization.k8s.io";

/** Roles and ClusterRoles (`pkg/registry/rbac`). */
export const roleStrategy: Strategy = {
  createOnUpdate: true,
  validateName: pathSegmentErrors,
  validate: (role) =>
    objectsAt(role, "rules").flatMap((rule, index) =>
      stringsAt(rule, "verbs").length === 0
        ? [required(`rules[${index}].verbs`, "verbs must contain at least one value")]
        : [],
    ),
};

/** RoleBindings and ClusterRoleBindings. */
export const roleBindingStrategy: Strategy = {
  createOnUpdate: true,
  validateName: pathSegmentErrors,
  defaults: (binding) =>
    mapEach(
      mapStruct(binding, "roleRef", (ref) => withDefaults(ref, { apiGroup: group })),
      "subjects",
      (subject) =>
        subject["kind"] === "ServiceAccount" ? subject : withDefaults(subject, { apiGroup: group }),
    ),
  validate: validateBinding,
  validateUpdate: (next, previous) =>
    jsonEqual(next["roleRef"], previous["roleRef"])
      ? []
      : [{ ...immutable("roleRef", next["roleRef"]), message: cannotChange(next) }],
};

function cannotChange(binding: JsonObject): string {
  return `Invalid value: ${JSON.stringify(binding["roleRef"])}: cannot change roleRef`;
}

function validateBinding(binding: JsonObject): readonly StatusCause[] {
  const ref = objectAt(binding, "roleRef");
  const causes: StatusCause[] = [];
  const kinds = ["Role", "ClusterRole"];
  if (!kinds.includes(stringAt(ref, "kind"))) {
    causes.push(notSupported("roleRef.kind", stringAt(ref, "kind"), kinds));
  }
  if (stringAt(ref, "name") === "") causes.push(required("roleRef.name"));
  for (const [index, subject] of objectsAt(binding, "subjects").entries()) {
    const at = `subjects[${index}]`;
    const kind = stringAt(subject, "kind");
    const supported = ["ServiceAccount", "User", "Group"];
    if (stringAt(subject, "name") === "") causes.push(required(`${at}.name`));
    if (!supported.includes(kind)) causes.push(notSupported(`${at}.kind`, kind, supported));
    if (kind === "ServiceAccount" && stringAt(subject, "namespace") === "") {
      causes.push(required(`${at}.namespace`));
    }
  }
  return causes;
}
