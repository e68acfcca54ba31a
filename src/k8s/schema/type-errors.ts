import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { quantityFault } from "../quantity.ts";
import { base64Fault } from "./base64-fault.ts";
import { goElementType, goTypeOf, structOf } from "./go-types.ts";
import type { FieldSchema, ObjectSchema, ValueType } from "./schema-types.ts";
import { timeFault } from "./time-fault.ts";
import { joinPath } from "./unknown-fields.ts";

/** A field, and where it stands. */
interface Place {
  readonly schema: ObjectSchema;
  readonly field: FieldSchema;
  /** The path of the object that has the field, without indexes. */
  readonly parent: string;
}

/** What was found so far. Go's decoder goes on after an error of its own, and reports the first. */
interface Found {
  first?: string;
}

/**
 * The error that the API server's decoder reports for values that are not of their field's type,
 * in its words: `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of
 * type int32`. Undefined when there is none. Null fits every field.
 *
 * The first error counts, but a quantity, a time or an int-or-string that cannot be read ends
 * decoding at once, and is what is reported. Bytes as a list of numbers, which Go takes, are refused.
 */
export function typeError(object: JsonObject, schema: ObjectSchema): string | undefined {
  const found: Found = {};
  return checkObject(object, schema, "", found) ?? found.first;
}

/** Returns an error that ends decoding; the others are left in `found`. */
function checkObject(
  object: JsonObject,
  schema: ObjectSchema,
  path: string,
  found: Found,
): string | undefined {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const field = schema.fields.get(key);
    if (field === undefined || value === undefined || value === null) continue;
    // The common case first.
    if (field.type.kind === "string" && typeof value === "string") continue;
    const end = checkValue(value, field.type, { schema, field, parent: path }, found);
    if (end !== undefined) return end;
  }
  return undefined;
}

function checkValue(
  value: JsonValue,
  type: ValueType,
  place: Place,
  found: Found,
): string | undefined {
  switch (type.kind) {
    case "object":
      if (isJsonObject(value)) return checkObject(value, type.schema, pathOf(place), found);
      return keep(found, mismatch(value, type, place));
    case "list":
      if (Array.isArray(value)) return checkElements(value, type.of, place, found);
      return keep(found, mismatch(value, type, place));
    case "map":
      if (isJsonObject(value)) return checkElements(Object.values(value), type.of, place, found);
      return keep(found, mismatch(value, type, place));
    case "string":
    case "boolean":
      if (typeof value === type.kind) return undefined;
      return keep(found, mismatch(value, type, place));
    case "double":
      if (typeof value === "number") return undefined;
      return keep(found, mismatch(value, type, place));
    case "int32":
    case "int64":
      if (isInteger(value, type.kind)) return undefined;
      return keep(found, integerMessage(value, goTypeAt(type, place), place));
    case "bytes":
      if (typeof value === "string") return keep(found, base64Fault(value));
      return keep(found, mismatch(value, type, place));
    case "quantity":
      return quantityFault(typeof value === "string" ? value : JSON.stringify(value));
    case "time":
    case "microTime":
      if (typeof value === "string") return timeFault(type.kind, value);
      return messageOf(jsonKind(value), "string", place);
    case "intOrString":
      if (typeof value === "string" || isInteger(value, "int32")) return undefined;
      return integerMessage(value, "int32", place);
    default:
      return undefined;
  }
}

function checkElements(
  elements: readonly (JsonValue | undefined)[],
  type: ValueType,
  place: Place,
  found: Found,
): string | undefined {
  for (const element of elements) {
    if (element === undefined || element === null) continue;
    const end = checkValue(element, type, place, found);
    if (end !== undefined) return end;
  }
  return undefined;
}

function keep(found: Found, error: string | undefined): undefined {
  if (error !== undefined) found.first ??= error;
}

const integerMax = { int32: 2 ** 31 - 1, int64: 2 ** 63 } as const;

/** Whether a value is a whole number that Go's type holds. */
export function isInteger(value: JsonValue, kind: "int32" | "int64"): boolean {
  if (!Number.isInteger(value)) return false;
  const max = integerMax[kind];
  return Number(value) <= max && Number(value) >= -max - 1;
}

function integerMessage(value: JsonValue, goType: string, place: Place): string {
  const text = typeof value === "number" ? `number ${value}` : jsonKind(value);
  return messageOf(text, goType, place);
}

function mismatch(value: JsonValue, type: ValueType, place: Place): string {
  return messageOf(jsonKind(value), goTypeAt(type, place), place);
}

function messageOf(value: string, goType: string, place: Place): string {
  const field = `${structOf(place.schema)}.${pathOf(place)}`;
  return `json: cannot unmarshal ${value} into Go struct field ${field} of type ${goType}`;
}

/** How Go calls the type of the field, or of the elements within it that are of `type`. */
function goTypeAt(type: ValueType, { field }: Place): string {
  let outer = field.type;
  let goType = goTypeOf(field);
  while (outer !== type && (outer.kind === "list" || outer.kind === "map")) {
    goType = goElementType(goType, outer.of);
    outer = outer.of;
  }
  return goType;
}

function pathOf({ parent, field }: Place): string {
  return joinPath(parent, field.name);
}

function jsonKind(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
