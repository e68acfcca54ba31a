import type { JsonObject } from "../../k8s/json.ts";
import { findDuplicateFields } from "../../k8s/schema/duplicate-fields.ts";
import { normalize } from "../../k8s/schema/normalize.ts";
import { typeError } from "../../k8s/schema/type-errors.ts";
import { unknownFields } from "../../k8s/schema/unknown-fields.ts";
import { ApiError, badRequest, failure } from "../../k8s/status.ts";
import type { DecodedBody } from "../decode-body.ts";
import type { Endpoint } from "../endpoint.ts";
import type { RequestContext } from "../request-context.ts";
import type { FieldValidation } from "./write-options.ts";

/** What was sent: an object, or a patch whose result is looked at. */
export type FieldSource = "object" | "patch";

/**
 * The object with the fields that its type has, in canonical form. What else there is, is refused,
 * warned of or dropped, as the client wishes.
 *
 * @throws ApiError 400, or 422 for a patch, for values of a wrong type and for unknown fields.
 */
export function admitFields(
  { endpoint, warnings }: Pick<RequestContext, "endpoint" | "warnings">,
  { value, text }: DecodedBody & { readonly value: JsonObject },
  validation: FieldValidation,
  source: FieldSource,
): JsonObject {
  const { schema } = endpoint;
  if (schema === undefined) return value;
  const fault = typeError(value, schema);
  if (fault !== undefined) throw refused(endpoint, value, fault, source);
  if (validation !== "Ignore") {
    const duplicates = text === undefined ? [] : findDuplicateFields(text);
    const strictErrors = [...duplicates, ...unknownFields(value, schema)];
    if (validation === "Warn") warnings.push(...strictErrors);
    else if (strictErrors.length > 0) {
      throw refused(endpoint, value, `strict decoding error: ${strictErrors.join(", ")}`, source);
    }
  }
  return normalize(value, schema);
}

function refused(
  { info }: Endpoint,
  value: JsonObject,
  fault: string,
  source: FieldSource,
): ApiError {
  if (source === "object") {
    return new ApiError(
      badRequest(
        `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${fault}`,
      ),
    );
  }
  // The real server names no kind here (`apiserver/pkg/endpoints/handlers/patch.go`).
  const message = `Invalid value: ${JSON.stringify(JSON.stringify(value))}: ${fault}`;
  const cause = { reason: "FieldValueInvalid", message, field: "patch" };
  return new ApiError(
    failure(422, "Invalid", ` "" is invalid: patch: ${message}`, { causes: [cause] }),
  );
}
