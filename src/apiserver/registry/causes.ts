import type { JsonValue } from "../../k8s/json.ts";
import type { StatusCause } from "../../k8s/status.ts";

/** The causes of a 422, worded as `apimachinery/pkg/util/validation/field/errors.go` does. */

function rendered(value: JsonValue | undefined): string {
  return value === undefined ? "null" : JSON.stringify(value);
}

function cause(reason: string, field: string, body: string, detail: string): StatusCause {
  return { reason, message: detail === "" ? body : `${body}: ${detail}`, field };
}

export function required(field: string, detail = ""): StatusCause {
  return cause("FieldValueRequired", field, "Required value", detail);
}

export function invalidValue(
  field: string,
  value: JsonValue | undefined,
  detail: string,
): StatusCause {
  return cause("FieldValueInvalid", field, `Invalid value: ${rendered(value)}`, detail);
}

export function notSupported(
  field: string,
  value: JsonValue | undefined,
  supported: readonly string[],
): StatusCause {
  const detail = `supported values: ${supported.map((name) => JSON.stringify(name)).join(", ")}`;
  return cause("FieldValueNotSupported", field, `Unsupported value: ${rendered(value)}`, detail);
}

export function duplicate(field: string, value: JsonValue): StatusCause {
  return cause("FieldValueDuplicate", field, `Duplicate value: ${rendered(value)}`, "");
}

export function notFoundValue(field: string, value: JsonValue): StatusCause {
  return cause("FieldValueNotFound", field, `Not found: ${rendered(value)}`, "");
}

export function forbiddenField(field: string, detail: string): StatusCause {
  return cause("FieldValueForbidden", field, "Forbidden", detail);
}

export function tooLong(field: string, maxBytes: number): StatusCause {
  return cause("FieldValueTooLong", field, "Too long", `may not be more than ${maxBytes} bytes`);
}

/** One cause for each message that a check of a name gives. */
export function invalidFor(
  field: string,
  value: string,
  messages: readonly string[],
): readonly StatusCause[] {
  return messages.map((message) => invalidValue(field, value, message));
}

/** Numbers that must not be negative. */
export function nonNegative(field: string, value: number | undefined): readonly StatusCause[] {
  if (value === undefined || value >= 0) return [];
  return [invalidValue(field, value, "must be greater than or equal to 0")];
}

/** A value that may not change. */
export function immutable(field: string, value: JsonValue | undefined): StatusCause {
  return invalidValue(field, value, "field is immutable");
}
