import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, stringAt } from "../../k8s/json-fields.ts";
import { formatLabelSelector } from "../../k8s/label-selector.ts";
import { schemaOf } from "../../k8s/schema/schema.ts";
import { ApiError, badRequest, conflict, invalid } from "../../k8s/status.ts";
import type { LabelSelector } from "../../k8s/types/meta.ts";
import { decodeObject } from "../decode-body.ts";
import { invalidValue } from "../registry/causes.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { namedObject } from "../verbs/get.ts";
import { decodePatch, patchedObject } from "../verbs/patch.ts";
import { updateObject } from "../verbs/update.ts";
import { parseWriteOptions } from "../verbs/write-options.ts";

export function getScale(context: RequestContext): Outcome {
  return { kind: "object", code: 200, object: scaleOf(namedObject(context)) };
}

export function updateScale(context: RequestContext): Outcome {
  return writeScale(context, "UpdateOptions", () => decodeObject(context.request, "Scale").value);
}

export function patchScale(context: RequestContext): Outcome {
  const patch = decodePatch(context);
  const { info } = context.endpoint;
  const scaled = { info, schema: schemaOf("autoscaling", "v1", "Scale") };
  return writeScale(context, "PatchOptions", (current) => patchedObject(scaled, patch, current));
}

/** The scale of a workload: `pkg/registry/apps/deployment/storage/storage.go`. */
function scaleOf(object: StoredObject): JsonObject {
  const { name, namespace = "", uid, resourceVersion, creationTimestamp } = object.metadata;
  const spec = objectAt(object, "spec");
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(spec, "replicas") ?? 0 },
    status: {
      replicas: numberAt(objectAt(object, "status"), "replicas") ?? 0,
      selector: formatLabelSelector(selectorOf(object)),
    },
  };
}

/** Of a ReplicationController the selector is a plain map. */
function selectorOf(object: StoredObject): LabelSelector {
  const selector = objectAt(object, "spec", "selector");
  if (object.kind !== "ReplicationController") return selector as LabelSelector;
  return { matchLabels: selector as Readonly<Record<string, string>> };
}

function writeScale(
  context: RequestContext,
  optionsKind: "UpdateOptions" | "PatchOptions",
  change: (current: JsonObject) => JsonObject,
): Outcome {
  const options = parseWriteOptions(context.query, optionsKind);
  const previous = namedObject(context);
  const scale = change(scaleOf(previous));
  const metadata = objectAt(scale, "metadata");
  const { name } = previous.metadata;
  if (stringAt(metadata, "name") !== name) {
    const given = stringAt(metadata, "name");
    throw new ApiError(
      badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`),
    );
  }
  checkUid(context, previous, stringAt(metadata, "uid"));
  const replicas = numberAt(objectAt(scale, "spec"), "replicas") ?? 0;
  if (replicas < 0) {
    const cause = invalidValue("spec.replicas", replicas, "must be greater than or equal to 0");
    throw new ApiError(invalid({ group: "autoscaling", kind: "Scale" }, name, [cause]));
  }
  const draft: StoredObject = {
    ...previous,
    metadata: { ...previous.metadata, resourceVersion: stringAt(metadata, "resourceVersion") },
    spec: { ...objectAt(previous, "spec"), replicas },
  };
  const object = updateObject(context, previous, draft, { ...options, part: "main" });
  return { kind: "object", code: 200, object: scaleOf(object) };
}

function checkUid({ endpoint }: RequestContext, { metadata }: StoredObject, uid: string): void {
  if (uid === "" || uid === metadata.uid) return;
  const of = { group: endpoint.info.group, plural: `${endpoint.info.plural}/scale` };
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
  throw new ApiError(conflict(of, metadata.name, why));
}
