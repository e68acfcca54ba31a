import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import { isCanonical } from "../../k8s/schema/canonical.ts";
import { findDuplicateFields } from "../../k8s/schema/duplicate-fields.ts";
import { normalize } from "../../k8s/schema/normalize.ts";
import { typeError } from "../../k8s/schema/type-errors.ts";
import { unknownFields } from "../../k8s/schema/unknown-fields.ts";
import { ApiError, badRequest, failure } from "../../k8s/status.ts";
import type { DecodedBody } from "../decode-body.ts";
import type { Endpoint } from "../endpoint.ts";
import type { RequestContext } from "../request-context.ts";
import type { FieldValidation } from "./write-options.ts";

/**
 * What was sent: an object, or a patch whose result is looked at. `before` is what is stored, as the
 * endpoint serves it: the values that are the very same in both are known to be good. Patches share
 * nearly all of it, and so does what a component in this process has changed of an object it watches.
 */
export type FieldSource =
  | { readonly kind: "object"; readonly before: JsonObject | undefined }
  | { readonly kind: "patch"; readonly before: JsonObject };

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
  const looksForDuplicates = text !== undefined && validation !== "Ignore";
  const duplicates = looksForDuplicates ? findDuplicateFields(text) : [];
  if (duplicates.length === 0 && isCanonical(value, schema, source.before)) return value;
  const [kept, changed] = source.kind === "patch" ? divided(value, source.before) : [{}, value];
  const fault = typeError(changed, schema);
  if (fault !== undefined) throw refused(endpoint, value, fault, source);
  if (validation !== "Ignore") {
    const strictErrors = [...duplicates, ...unknownFields(changed, schema)];
    if (validation === "Warn") warnings.push(...strictErrors);
    else if (strictErrors.length > 0) {
      throw refused(endpoint, value, `strict decoding error: ${strictErrors.join(", ")}`, source);
    }
  }
  const normal = normalize(changed, schema);
  return source.kind === "patch" ? { ...kept, ...normal } : normal;
}

/** The members that are the very same in both, and the others. */
function divided(value: JsonObject, before: JsonObject): readonly [JsonObject, JsonObject] {
  const kept: Record<string, JsonValue | undefined> = {};
  const changed: Record<string, JsonValue | undefined> = {};
  for (const name in value) {
    (value[name] === before[name] ? kept : changed)[name] = value[name];
  }
  return [kept, changed];
}

function refused(
  { info }: Endpoint,
  value: JsonObject,
  fault: string,
  source: FieldSource,
): ApiError {
  if (source.kind === "object") {
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
