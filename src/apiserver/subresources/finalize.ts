import { objectAt, stringsAt, without } from "../../k8s/json-fields.ts";
import { ApiError, conflict } from "../../k8s/status.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { draftFromBody } from "../verbs/draft.ts";
import { namedObject } from "../verbs/get.ts";
import { storeUpdate } from "../verbs/update.ts";
import { parseWriteOptions } from "../verbs/write-options.ts";

/**
 * Sets the finalizers in a namespace's spec, which nothing else can take away
 * (`namespaceFinalizeStrategy` of `pkg/registry/core/namespace/strategy.go`).
 */
export function finalizeNamespace(context: RequestContext): Outcome {
  const options = parseWriteOptions(context.query, "UpdateOptions");
  const draft = draftFromBody(context, options);
  const previous = namedObject(context);
  const { resourceVersion } = draft.metadata;
  if (resourceVersion !== "" && resourceVersion !== previous.metadata.resourceVersion) {
    throw new ApiError(conflict(context.endpoint.resource, previous.metadata.name));
  }
  const finalizers = stringsAt(objectAt(draft, "spec"), "finalizers");
  const others = without(objectAt(previous, "spec"), "finalizers");
  const spec = finalizers.length === 0 ? others : { ...others, finalizers };
  const next: StoredObject = { ...previous, spec };
  return {
    kind: "object",
    code: 200,
    object: storeUpdate(context, previous, next, options.dryRun),
  };
}
