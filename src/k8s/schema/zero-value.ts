import type { JsonValue } from "../json.ts";
import type { FieldSchema, ValueType } from "./schema-types.ts";

/** What a null in a list or a map means: the zero value of Go, as JSON. */
export function zeroValueOf({ kind }: ValueType): JsonValue {
  switch (kind) {
    case "object":
    case "map":
      return {};
    case "list":
      return [];
    case "string":
    case "bytes":
      return "";
    case "quantity":
      return "0";
    case "boolean":
      return false;
    case "time":
    case "microTime":
    case "any":
    case "union":
      return null;
    default:
      return 0;
  }
}

/** Whether Go leaves the value out of JSON: `omitempty` drops zeros that no pointer holds. */
export function isLeftOut(value: JsonValue, field: FieldSchema): boolean {
  if (field.pointer || field.alwaysWritten) return false;
  switch (field.type.kind) {
    case "string":
    case "bytes":
      return value === "";
    case "int32":
    case "int64":
    case "double":
      return value === 0;
    case "boolean":
      return value === false;
    default:
      return false;
  }
}
