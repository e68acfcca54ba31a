import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "./json.ts";

/**
 * Reading and changing JSON objects whose types were checked when the request was decoded. What
 * changes an object copies it, and returns the very same object when there is nothing to change,
 * so that repeated defaulting costs no memory.
 */

const nothing: JsonObject = {};
const noObjects: readonly JsonObject[] = [];
const noStrings: readonly string[] = [];

/** Go's decoder knows no difference between an absent string, a null and an empty one. */
export function isAbsent(value: JsonValue | undefined): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}

/** The member if it is an object, else an empty one. */
export function objectAt(object: JsonObject, ...path: readonly string[]): JsonObject {
  let current: JsonValue | undefined = object;
  for (const key of path) {
    if (!isJsonObject(current)) return nothing;
    current = current[key];
  }
  return isJsonObject(current) ? current : nothing;
}

/** The objects of a list, none if it is absent. */
export function objectsAt(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key];
  if (!Array.isArray(value)) return noObjects;
  return value.every(isJsonObject) ? value : value.filter(isJsonObject);
}

/** The strings of a list, none if it is absent. */
export function stringsAt(object: JsonObject, key: string): readonly string[] {
  const value = object[key];
  if (!Array.isArray(value)) return noStrings;
  return (value as JsonArray).filter((element) => typeof element === "string");
}

/** The string, or an empty one. */
export function stringAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** The number, or undefined. */
export function numberAt(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === "number" ? value : undefined;
}

/** The members of a map of strings. */
export function stringMapAt(object: JsonObject, key: string): Readonly<Record<string, string>> {
  const map = objectAt(object, key);
  for (const name in map) if (typeof map[name] !== "string") return onlyStrings(map);
  return map as Readonly<Record<string, string>>;
}

function onlyStrings(map: JsonObject): Readonly<Record<string, string>> {
  const strings: Record<string, string> = {};
  for (const [key, value] of Object.entries(map))
    if (typeof value === "string") strings[key] = value;
  return strings;
}

/** The object with that member, or itself when it has it already. */
export function withMember(object: JsonObject, key: string, value: JsonValue): JsonObject {
  return object[key] === value ? object : { ...object, [key]: value };
}

/** The object without those members. */
export function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  if (!keys.some((key) => key in object)) return object;
  const result: Record<string, JsonValue | undefined> = { ...object };
  for (const key of keys) delete result[key];
  return result;
}

/** Sets the members that are absent. */
export function withDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  let result: Record<string, JsonValue | undefined> | undefined;
  for (const key in defaults) {
    if (!isAbsent(object[key])) continue;
    result ??= { ...object };
    result[key] = defaults[key];
  }
  return result ?? object;
}

/** Sets the numbers that are absent or zero: of Go fields that are no pointers. */
export function withDefaultNumbers(
  object: JsonObject,
  defaults: Readonly<Record<string, number>>,
): JsonObject {
  let result: Record<string, JsonValue | undefined> | undefined;
  for (const key in defaults) {
    if (!isAbsent(object[key]) && object[key] !== 0) continue;
    result ??= { ...object };
    result[key] = defaults[key];
  }
  return result ?? object;
}

type Change = (object: JsonObject) => JsonObject;

/** Changes a member, if it is there. */
export function mapMember(object: JsonObject, key: string, change: Change): JsonObject {
  const member = object[key];
  return isJsonObject(member) ? withMember(object, key, change(member)) : object;
}

/** Changes a member that counts as empty when it is absent: of Go structs that are no pointers. */
export function mapStruct(object: JsonObject, key: string, change: Change): JsonObject {
  return withMember(object, key, change(objectAt(object, key)));
}

/** Changes each object of a list, if it is there. */
export function mapEach(object: JsonObject, key: string, change: Change): JsonObject {
  const list = object[key];
  if (!Array.isArray(list)) return object;
  let result: JsonValue[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const element = list[index] as JsonValue;
    if (!isJsonObject(element)) continue;
    const changed = change(element);
    if (changed === element) continue;
    result ??= [...list];
    result[index] = changed;
  }
  return result === undefined ? object : { ...object, [key]: result };
}

/** One change after the other. */
export function chain(...changes: readonly Change[]): Change {
  return (object) => changes.reduce((current, change) => change(current), object);
}
