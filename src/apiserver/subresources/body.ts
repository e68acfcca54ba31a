import type { JsonObject } from "../../k8s/json.ts";
import { objectAt, stringAt } from "../../k8s/json-fields.ts";
import { ApiError, badRequest } from "../../k8s/status.ts";
import { decodeObject } from "../decode-body.ts";
import type { RequestContext } from "../request-context.ts";

/**
 * The body of a POST to a subresource, which is of a kind of its own.
 *
 * @throws ApiError 400 when it names another object than the path.
 */
export function subresourceBody({ request, info }: RequestContext, kind: string): JsonObject {
  const { value } = decodeObject(request, kind);
  if (value["kind"] !== undefined && value["kind"] !== kind) {
    throw new ApiError(badRequest(`${String(value["kind"])} cannot be handled as a ${kind}`));
  }
  const name = stringAt(objectAt(value, "metadata"), "name");
  if (info.name !== undefined && name !== info.name) {
    throw new ApiError(badRequest(`name in URL does not match name in ${kind} object`));
  }
  return value;
}

/** What a POST to a subresource answers that has nothing to show. */
export function success(): JsonObject {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}
