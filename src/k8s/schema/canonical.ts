import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "../json.ts";
import { base64Fault } from "./base64-fault.ts";
import { canonicalFormOf } from "./normalize.ts";
import type { ObjectSchema, ValueType } from "./schema-types.ts";
import { isCanonicalTime } from "./time-fault.ts";
import { isInteger } from "./type-errors.ts";
import { isLeftOut } from "./zero-value.ts";

/**
 * Whether an object is as the API server would store it, which nearly all that components write
 * are: then `typeError` and `unknownFields` find nothing, and `normalize` gives the very same
 * object. One walk that allocates nothing says it, where those take three and say what is wrong.
 *
 * @param known an object that is canonical: what stands at the same place in both, the very same
 * value, is not looked into.
 */
export function isCanonical(
  object: JsonObject,
  schema: ObjectSchema,
  known: JsonValue | undefined,
): boolean {
  const before = isJsonObject(known) ? known : undefined;
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    const field = schema.fields.get(key);
    if (field === undefined || value === null || isLeftOut(value, field)) return false;
    const { type } = field;
    const knownValue = before?.[key];
    if (value === knownValue) continue;
    if (isEmpty(value, type) || !isCanonicalValue(value, type, knownValue)) return false;
  }
  return true;
}

/** Empty lists and maps are no different from none; empty structs are. */
function isEmpty(value: JsonValue, { kind }: ValueType): boolean {
  if (kind === "list") return Array.isArray(value) && value.length === 0;
  if (kind !== "map") return false;
  for (const _key in value as object) return false;
  return true;
}

function isCanonicalValue(
  value: JsonValue,
  type: ValueType,
  known: JsonValue | undefined,
): boolean {
  switch (type.kind) {
    case "object":
      return isJsonObject(value) && isCanonical(value, type.schema, known);
    case "list":
      return Array.isArray(value) && isCanonicalList(value, type.of, known);
    case "map":
      return isJsonObject(value) && isCanonicalMap(value, type.of);
    case "string":
    case "boolean":
      return typeof value === type.kind;
    case "double":
      return typeof value === "number";
    case "int32":
    case "int64":
      return isInteger(value, type.kind);
    case "bytes":
      return typeof value === "string" && base64Fault(value) === undefined;
    case "quantity":
      return typeof value === "string" && canonicalFormOf(value) === value;
    case "time":
    case "microTime":
      return typeof value === "string" && isCanonicalTime(type.kind, value);
    case "intOrString":
      return typeof value === "string" || isInteger(value, "int32");
    case "any":
    case "union":
      return true;
  }
}

function isCanonicalList(list: JsonArray, type: ValueType, known: JsonValue | undefined): boolean {
  const before: JsonArray | undefined = Array.isArray(known) ? known : undefined;
  for (let index = 0; index < list.length; index += 1) {
    const element = list[index];
    if (element === undefined || element === null) return false;
    const knownElement = before?.[index];
    if (element !== knownElement && !isCanonicalValue(element, type, knownElement)) return false;
  }
  return true;
}

function isCanonicalMap(map: JsonObject, type: ValueType): boolean {
  for (const key in map) {
    const value = map[key];
    if (value === undefined) continue;
    if (value === null || !isCanonicalValue(value, type, undefined)) return false;
  }
  return true;
}
