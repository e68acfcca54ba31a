import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { quantityFault } from "../quantity.ts";
import { base64Fault } from "./base64-fault.ts";
import { goElementType, goTypeOf, structOf } from "./go-types.ts";
import type { ObjectSchema, ValueType } from "./schema-types.ts";
import { timeFault } from "./time-fault.ts";
import { joinPath } from "./unknown-fields.ts";

/** Where a value stands, as Go's decoder names it. */
interface Place {
  /** The struct whose field holds the value, also through lists and maps. */
  readonly struct: string;
  /** The path from the root to that field, without indexes. */
  readonly path: string;
}

/**
 * The first value that is not of its field's type, worded as the API server's decoder does: `json:
 * cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`.
 * Undefined when there is none. Null fits every field.
 */
export function firstTypeError(object: JsonObject, schema: ObjectSchema): string | undefined {
  return objectError(object, schema, "");
}

function objectError(object: JsonObject, schema: ObjectSchema, path: string): string | undefined {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const field = schema.fields.get(key);
    if (field === undefined || value === undefined || value === null) continue;
    // The common case first: it costs no place and no name.
    if (field.type.kind === "string" && typeof value === "string") continue;
    const place = { struct: structOf(schema), path: joinPath(path, key) };
    const error = valueError(value, field.type, () => goTypeOf(field), place);
    if (error !== undefined) return error;
  }
  return undefined;
}

function valueError(
  value: JsonValue,
  type: ValueType,
  goType: () => string,
  place: Place,
): string | undefined {
  if (value === null) return undefined;
  switch (type.kind) {
    case "object":
      if (isJsonObject(value)) return objectError(value, type.schema, place.path);
      return mismatch(value, goType(), place);
    case "list":
      if (!Array.isArray(value)) return mismatch(value, goType(), place);
      return elementsError(value, type.of, goType, place);
    case "map":
      if (!isJsonObject(value)) return mismatch(value, goType(), place);
      return elementsError(Object.values(value), type.of, goType, place);
    case "string":
      return typeof value === "string" ? undefined : mismatch(value, goType(), place);
    case "boolean":
      return typeof value === "boolean" ? undefined : mismatch(value, goType(), place);
    case "double":
      return typeof value === "number" ? undefined : mismatch(value, goType(), place);
    case "int32":
    case "int64":
      return integerError(value, type.kind, goType(), place);
    case "bytes":
      if (typeof value !== "string") return mismatch(value, goType(), place);
      return base64Fault(value);
    case "quantity":
      return quantityFault(typeof value === "string" ? value : JSON.stringify(value));
    case "time":
    case "microTime":
      if (typeof value !== "string") return mismatch(value, "string", place);
      return timeFault(type.kind, value);
    case "intOrString":
      return typeof value === "string" ? undefined : integerError(value, "int32", "int32", place);
    default:
      return undefined;
  }
}

function elementsError(
  elements: readonly (JsonValue | undefined)[],
  type: ValueType,
  goType: () => string,
  place: Place,
): string | undefined {
  for (const element of elements) {
    if (element === undefined) continue;
    const error = valueError(element, type, () => goElementType(goType(), type), place);
    if (error !== undefined) return error;
  }
  return undefined;
}

const integerMax = { int32: 2 ** 31 - 1, int64: 2 ** 63 } as const;

function integerError(
  value: JsonValue,
  kind: "int32" | "int64",
  goType: string,
  place: Place,
): string | undefined {
  if (typeof value !== "number") return mismatch(value, goType, place);
  const max = integerMax[kind];
  if (Number.isInteger(value) && value <= max && value >= -max - 1) return undefined;
  return `json: cannot unmarshal number ${value} into Go struct field ${fieldText(place)} of type ${goType}`;
}

function mismatch(value: JsonValue, goType: string, place: Place): string {
  return `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${fieldText(place)} of type ${goType}`;
}

function fieldText({ struct, path }: Place): string {
  return `${struct}.${path}`;
}

function jsonKind(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
