import { parseTime, toTime } from "../../base/rfc3339.ts";
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "../json.ts";
import { canonicalQuantity } from "../quantity.ts";
import { setOwn } from "./own-property.ts";
import type { ObjectSchema, ValueType } from "./schema-types.ts";
import { isLeftOut, zeroValueOf } from "./zero-value.ts";

/**
 * The object as the API server would store it: what its type does not have is gone, as are nulls,
 * empty lists and maps, and zeros that Go leaves out; quantities and times are in their canonical
 * form. Whatever does not change is shared with the object given, which may be returned itself.
 * Values that are not of their field's type (see `typeError`) stay as they are.
 */
export function normalize(object: JsonObject, schema: ObjectSchema): JsonObject {
  const keys = Object.keys(object);
  let copy: Record<string, JsonValue> | undefined;
  for (const [index, key] of keys.entries()) {
    const value = object[key];
    const next = normalField(value, schema, key);
    if (copy === undefined && next !== value) copy = firstOf(object, keys, index);
    if (copy !== undefined && next !== undefined) setOwn(copy, key, next);
  }
  return copy ?? object;
}

function firstOf(
  object: JsonObject,
  keys: readonly string[],
  count: number,
): Record<string, JsonValue> {
  const copy: Record<string, JsonValue> = {};
  for (let index = 0; index < count; index += 1) {
    const key = keys[index] ?? "";
    const value = object[key];
    if (value !== undefined) setOwn(copy, key, value);
  }
  return copy;
}

/** Undefined for a field that is left out. */
function normalField(
  value: JsonValue | undefined,
  schema: ObjectSchema,
  key: string,
): JsonValue | undefined {
  if (value === undefined || value === null) return undefined;
  const field = schema.fields.get(key);
  if (field === undefined || isLeftOut(value, field)) return undefined;
  const next = normalValue(value, field.type);
  return isEmptyCollection(next, field.type) ? undefined : next;
}

// Storage is protobuf, where an empty list or map is no different from none.
function isEmptyCollection(value: JsonValue, { kind }: ValueType): boolean {
  if (kind === "list") return Array.isArray(value) && value.length === 0;
  return kind === "map" && isJsonObject(value) && Object.keys(value).length === 0;
}

function normalValue(value: JsonValue, type: ValueType): JsonValue {
  if (value === null) return zeroValueOf(type);
  switch (type.kind) {
    case "object":
      return isJsonObject(value) ? normalize(value, type.schema) : value;
    case "list":
      return Array.isArray(value) ? normalList(value, type.of) : value;
    case "map":
      return isJsonObject(value) ? normalMap(value, type.of) : value;
    case "quantity":
      return normalQuantity(value);
    case "time":
      return typeof value === "string" ? normalTime(value) : value;
    case "microTime":
      return typeof value === "string" ? normalMicroTime(value) : value;
    default:
      return value;
  }
}

function normalList(list: JsonArray, type: ValueType): JsonArray {
  let copy: JsonValue[] | undefined;
  for (const [index, element] of list.entries()) {
    const next = normalValue(element, type);
    if (next === element) continue;
    copy ??= [...list];
    copy[index] = next;
  }
  return copy ?? list;
}

function normalMap(map: JsonObject, type: ValueType): JsonObject {
  let copy: Record<string, JsonValue | undefined> | undefined;
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (value === undefined) continue;
    const next = normalValue(value, type);
    if (next === value) continue;
    copy ??= { ...map };
    setOwn(copy, key, next);
  }
  return copy ?? map;
}

// The same few amounts come again and again, with each node and each pod.
const canonicalForms = new Map<string, string>();
const canonicalFormsMax = 1_000;

function normalQuantity(value: JsonValue): JsonValue {
  if (typeof value !== "string" && typeof value !== "number") return value;
  const text = String(value);
  return canonicalFormOf(text) ?? text;
}

/** As `canonicalQuantity`, remembered. */
export function canonicalFormOf(text: string): string | undefined {
  const known = canonicalForms.get(text);
  if (known !== undefined) return known;
  const form = canonicalQuantity(text);
  if (form === undefined) return undefined;
  if (canonicalForms.size >= canonicalFormsMax) canonicalForms.clear();
  canonicalForms.set(text, form);
  return form;
}

function normalTime(text: string): string {
  if (text.length === 20 && text.endsWith("Z")) return text;
  const epochMs = parseTime(text);
  return epochMs === undefined ? text : toTime(epochMs);
}

function normalMicroTime(text: string): string {
  if (text.length === 27 && text.endsWith("Z")) return text;
  const epochMs = parseTime(text);
  const micros = /[.,](\d{6})/.exec(text)?.[1];
  if (epochMs === undefined || micros === undefined) return text;
  return `${toTime(epochMs).slice(0, -1)}.${micros}Z`;
}
