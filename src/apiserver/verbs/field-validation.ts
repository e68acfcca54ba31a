import type { JsonObject } from "../../k8s/json.ts";
import type { DecodedBody } from "../decode-body.ts";
import type { RequestContext } from "../request-context.ts";
import type { FieldValidation } from "./write-options.ts";

export function admitFields(
  _context: RequestContext,
  body: DecodedBody & { readonly value: JsonObject },
  _validation: FieldValidation,
): JsonObject {
  return body.value;
}
