import { toTime } from "../../base/rfc3339.ts";
import { isJsonObject, type JsonObject } from "../../k8s/json.ts";
import { objectAt, objectsAt, stringAt, without } from "../../k8s/json-fields.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { ApiError, conflict, invalid, notFound } from "../../k8s/status.ts";
import { required } from "../registry/causes.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { storeUpdate } from "../verbs/update.ts";
import { parseWriteOptions } from "../verbs/write-options.ts";
import { subresourceBody, success } from "./body.ts";
import { withStatusCondition } from "./status-condition.ts";

/** What messages call a binding's pod. */
const podBindings = { group: "", plural: "pods/binding" };

/**
 * Binds a pod to a node: `pkg/registry/core/pod/storage/storage.go`. It serves `pods/NAME/binding`
 * and the older `bindings`, whose endpoint is that of pods too.
 */
export function bindPod(context: RequestContext): Outcome {
  const { dryRun } = parseWriteOptions(context.query, "CreateOptions");
  const binding = subresourceBody(context, "Binding");
  const metadata = objectAt(binding, "metadata");
  const node = stringAt(objectAt(binding, "target"), "name");
  const name = context.info.name ?? stringAt(metadata, "name");
  if (node === "") {
    const of = { group: "", kind: "Binding" };
    throw new ApiError(invalid(of, name, [required("target.name")]));
  }
  const pod = boundPod(context, name, metadata);
  const now = toTime(context.server.env.clock.nowMs());
  storeUpdate(context, pod, assignedPod(pod, node, metadata, now), dryRun);
  return { kind: "object", code: 201, object: success() };
}

/** The pod, if it can be bound. @throws ApiError 404 or 409 */
function boundPod(
  { endpoint, info }: RequestContext,
  name: string,
  binding: JsonObject,
): StoredObject {
  const pod = endpoint.collection.get(objectKey({ namespace: info.namespace, name }));
  if (pod === undefined) throw new ApiError(notFound(endpoint.resource, name));
  const uid = stringAt(binding, "uid");
  if (uid !== "" && uid !== pod.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`;
    throw new ApiError(conflict(endpoint.resource, name, why));
  }
  const spec = objectAt(pod, "spec");
  const node = stringAt(spec, "nodeName");
  if (pod.metadata.deletionTimestamp !== undefined) {
    const why = `pod ${name} is being deleted, cannot be assigned to a host`;
    throw new ApiError(conflict(podBindings, name, why));
  }
  if (node !== "") {
    const why = `pod ${name} is already assigned to node ${JSON.stringify(node)}`;
    throw new ApiError(conflict(podBindings, name, why));
  }
  if (objectsAt(spec, "schedulingGates").length > 0) {
    throw new ApiError(
      conflict(podBindings, name, `pod ${name} has non-empty .spec.schedulingGates`),
    );
  }
  return pod;
}

function assignedPod(
  pod: StoredObject,
  node: string,
  binding: JsonObject,
  now: string,
): StoredObject {
  const status = without(objectAt(pod, "status"), "nominatedNodeName");
  const assigned: StoredObject = {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...merged(pod, binding, "annotations"),
      ...merged(pod, binding, "labels"),
    },
    spec: { ...objectAt(pod, "spec"), nodeName: node },
    status,
  };
  return withStatusCondition(assigned, {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: now,
  });
}

function merged(
  { metadata }: StoredObject,
  binding: JsonObject,
  field: "annotations" | "labels",
): JsonObject {
  const added = binding[field];
  if (!isJsonObject(added)) return {};
  return { [field]: { ...metadata[field], ...added } };
}
