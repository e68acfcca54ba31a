import { isJsonObject, type JsonObject, type JsonValue } from "../../k8s/json.ts";
import { applyJsonPatch } from "../../k8s/json-patch.ts";
import { applyMergePatch } from "../../k8s/merge-patch.ts";
import { PatchError, rejectedPatchMessage } from "../../k8s/patch-error.ts";
import { ApiError, badRequest, failure } from "../../k8s/status.ts";
import { applyStrategicMergePatch } from "../../k8s/strategic-merge-patch.ts";
import { contentTypeOf, decodeAny, unsupportedMediaType } from "../decode-body.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import { draftOf } from "./draft.ts";
import { namedObject } from "./get.ts";
import { outcome, type UpdatePart, updateObject } from "./update.ts";
import { parseWriteOptions } from "./write-options.ts";

const jsonPatchType = "application/json-patch+json";
const mergePatchType = "application/merge-patch+json";
const strategicMergePatchType = "application/strategic-merge-patch+json";

/**
 * Patches as `apiserver/pkg/endpoints/handlers/patch.go` does. What was read cannot change before
 * it is written here, so a patch never has to be tried again.
 */
export function patchVerb(context: RequestContext, part: UpdatePart): Outcome {
  const options = parseWriteOptions(context.query, "PatchOptions");
  const { endpoint } = context;
  const patch = decodePatch(context);
  const previous = namedObject(context);
  const served = endpoint.conversion?.fromStored(previous) ?? previous;
  const value = patchedObject(endpoint, patch, served);
  const draft = draftOf(context, { value }, options, { kind: "patch", before: served });
  if (draft.metadata.name !== previous.metadata.name) {
    throw new ApiError(
      badRequest(
        `the name of the object (${draft.metadata.name}) does not match the name on the URL (${previous.metadata.name})`,
      ),
    );
  }
  return outcome(context, 200, updateObject(context, previous, draft, { ...options, part }));
}

/** A patch, by the type of its media. */
export interface Patch {
  readonly type: string;
  readonly value: JsonValue;
}

/** @throws ApiError 415 for a type of patch that is not supported. */
export function decodePatch({ request, endpoint }: RequestContext): Patch {
  const type = contentTypeOf(request);
  if (type !== jsonPatchType && type !== mergePatchType && type !== strategicMergePatchType) {
    throw unsupportedMediaType([jsonPatchType, mergePatchType, strategicMergePatchType]);
  }
  return { type, value: decodeAny(request, type, endpoint.info.kind).value };
}

/** @throws ApiError 400 or 422 for a patch that cannot be applied. */
export function patchedObject(
  endpoint: Pick<Endpoint, "info" | "schema">,
  { type, value }: Patch,
  current: JsonObject,
): JsonObject {
  try {
    if (type === jsonPatchType) return asObject(applyJsonPatch(current, value));
    const patch = asObject(value);
    if (type === mergePatchType) return applyMergePatch(current, patch);
    if (endpoint.schema === undefined) throw unsupportedMediaType([jsonPatchType, mergePatchType]);
    return applyStrategicMergePatch(current, patch, endpoint.schema);
  } catch (error) {
    if (error instanceof PatchError) throw refusal(error);
    throw error;
  }
}

function asObject(value: JsonValue): JsonObject {
  if (isJsonObject(value)) return value;
  throw new ApiError(badRequest("error decoding patch: the patch or its result is not an object"));
}

function refusal(error: PatchError): ApiError {
  if (error.code === 400) return new ApiError(badRequest(error.message), error);
  if (error.code === 422)
    return new ApiError(failure(422, "Invalid", rejectedPatchMessage, {}), error);
  return new ApiError(failure(500, "InternalError", error.message), error);
}
