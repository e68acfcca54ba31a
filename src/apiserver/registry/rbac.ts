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

/** RoleBindings. */
export const roleBindingStrategy: Strategy = bindingStrategy(["Role", "ClusterRole"], true);

/** ClusterRoleBindings. */
export const clusterRoleBindingStrategy: Strategy = bindingStrategy(["ClusterRole"], false);

function bindingStrategy(roleKinds: readonly string[], namespaced: boolean): Strategy {
  return {
    createOnUpdate: true,
    validateName: pathSegmentErrors,
    defaults: (binding) =>
      mapEach(
        mapStruct(binding, "roleRef", (ref) => withDefaults(ref, { apiGroup: group })),
        "subjects",
        (subject) =>
          subject["kind"] === "ServiceAccount"
            ? subject
            : withDefaults(subject, { apiGroup: group }),
      ),
    validate: (binding) => [
      ...validateRoleRef(objectAt(binding, "roleRef"), roleKinds),
      ...objectsAt(binding, "subjects").flatMap((subject, index) =>
        validateSubject(subject, `subjects[${index}]`, namespaced),
      ),
    ],
    validateUpdate: (next, previous) =>
      jsonEqual(next["roleRef"], previous["roleRef"])
        ? []
        : [{ ...immutable("roleRef", next["roleRef"]), message: cannotChange(next) }],
  };
}

function cannotChange(binding: JsonObject): string {
  const ref = objectAt(binding, "roleRef");
  // Upstream shows the reference as its own type, not as the API has it.
  const shown = { APIGroup: ref["apiGroup"], Kind: ref["kind"], Name: ref["name"] };
  return `Invalid value: ${JSON.stringify(shown)}: cannot change roleRef`;
}

function validateRoleRef(ref: JsonObject, kinds: readonly string[]): readonly StatusCause[] {
  const kind = stringAt(ref, "kind");
  const causes: StatusCause[] = [];
  if (!kinds.includes(kind)) causes.push(notSupported("roleRef.kind", kind, kinds));
  if (stringAt(ref, "name") === "") causes.push(required("roleRef.name"));
  return causes;
}

function validateSubject(
  subject: JsonObject,
  path: string,
  namespaced: boolean,
): readonly StatusCause[] {
  const kind = stringAt(subject, "kind");
  const kinds = ["ServiceAccount", "User", "Group"];
  const causes: StatusCause[] = [];
  if (stringAt(subject, "name") === "") causes.push(required(`${path}.name`));
  if (!kinds.includes(kind)) causes.push(notSupported(`${path}.kind`, kind, kinds));
  // Within a namespace, an account without one is of that namespace.
  if (kind === "ServiceAccount" && !namespaced && stringAt(subject, "namespace") === "") {
    causes.push(required(`${path}.namespace`));
  }
  return causes;
}
