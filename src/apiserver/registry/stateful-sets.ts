import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  mapEach,
  mapMember,
  mapStruct,
  objectAt,
  objectsAt,
  stringAt,
  withDefaults,
  without,
} from "../../k8s/json-fields.ts";
import { dns1123LabelErrors } from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { forbiddenField, invalidFor, invalidValue } from "./causes.ts";
import { defaultClaim } from "./persistent-volumes.ts";
import { defaultTemplateIn } from "./pod-spec-defaults.ts";
import type { Strategy } from "./strategy.ts";
import {
  validateCounts,
  validateLastingTemplate,
  validateSelector,
  validateTemplateLabels,
} from "./workload-validation.ts";

/** StatefulSets (`pkg/registry/apps/statefulset/strategy.go`). */
export const statefulSetStrategy: Strategy = {
  countsGenerations: true,
  validateName: dns1123LabelErrors,
  defaults: (set) => mapStruct(set, "spec", defaultSpec),
  prepareForCreate: (set) => ({ ...set, status: { availableReplicas: 0, replicas: 0 } }),
  validate: validateStatefulSet,
  validateUpdate: validateSpecUpdate,
};

function defaultSpec(spec: JsonObject): JsonObject {
  const filled = withDefaults(defaultTemplateIn(spec), {
    podManagementPolicy: "OrderedReady",
    replicas: 1,
    revisionHistoryLimit: 10,
  });
  const updated = mapStruct(filled, "updateStrategy", (strategy) => {
    const untyped = stringAt(strategy, "type") === "";
    const typed = untyped
      ? withDefaults(strategy, { type: "RollingUpdate", rollingUpdate: {} })
      : strategy;
    if (typed["type"] !== "RollingUpdate") return typed;
    return mapMember(typed, "rollingUpdate", (rolling) => withDefaults(rolling, { partition: 0 }));
  });
  const retained = mapStruct(updated, "persistentVolumeClaimRetentionPolicy", (policy) =>
    withDefaults(policy, { whenDeleted: "Retain", whenScaled: "Retain" }),
  );
  return mapEach(retained, "volumeClaimTemplates", (claim) =>
    defaultClaim(withDefaults(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim" })),
  );
}

function validateStatefulSet(set: JsonObject): readonly StatusCause[] {
  const spec = objectAt(set, "spec");
  const service = stringAt(spec, "serviceName");
  return [
    ...validatePolicies(spec),
    ...validateCounts(spec, ["replicas", "minReadySeconds", "revisionHistoryLimit"]),
    ...(service === "" ? [] : invalidFor("spec.serviceName", service, dns1123LabelErrors(service))),
    ...validateSelector(spec, "statefulset"),
    ...validateTemplateLabels(spec, ""),
    ...validateLastingTemplate(withClaimVolumes(spec), "StatefulSet"),
  ];
}

function validatePolicies(spec: JsonObject): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const management = stringAt(spec, "podManagementPolicy");
  if (management !== "OrderedReady" && management !== "Parallel") {
    const detail = "must be 'OrderedReady' or 'Parallel'";
    causes.push(invalidValue("spec.podManagementPolicy", management, detail));
  }
  const strategy = objectAt(spec, "updateStrategy");
  const type = stringAt(strategy, "type");
  if (type === "OnDelete" && strategy["rollingUpdate"] !== undefined) {
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    const rolling = strategy["rollingUpdate"];
    causes.push(invalidValue("spec.updateStrategy.rollingUpdate", rolling, detail));
  } else if (type !== "OnDelete" && type !== "RollingUpdate") {
    const detail = "must be 'RollingUpdate' or 'OnDelete'";
    // Upstream shows the strategy as its own type, not as the API has it.
    const shown = { Type: type, RollingUpdate: strategy["rollingUpdate"] ?? null };
    causes.push(invalidValue("spec.updateStrategy", shown, detail));
  }
  return causes;
}

/** The template with a volume for each claim, for its containers mount those too. */
function withClaimVolumes(spec: JsonObject): JsonObject {
  const claims = objectsAt(spec, "volumeClaimTemplates").map((claim) =>
    stringAt(objectAt(claim, "metadata"), "name"),
  );
  if (claims.length === 0) return objectAt(spec, "template");
  return mapStruct(objectAt(spec, "template"), "spec", (pod) => {
    const others = objectsAt(pod, "volumes").filter(({ name }) => !claims.includes(String(name)));
    const added = claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
    return { ...pod, volumes: [...others, ...added] };
  });
}

const updatable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

function validateSpecUpdate(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const fixed = without(objectAt(next, "spec"), ...updatable);
  if (jsonEqual(fixed, without(objectAt(previous, "spec"), ...updatable))) return [];
  const detail =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and " +
    "'minReadySeconds' are forbidden";
  return [forbiddenField("spec", detail)];
}
