import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/**
 * Applies a JSON merge patch (RFC 7386): members are merged, null removes, all else replaces.
 * What the patch does not touch is shared with `current`.
 */
export function applyMergePatch(current: JsonObject, patch: JsonObject): JsonObject;
export function applyMergePatch(current: JsonValue | undefined, patch: JsonValue): JsonValue;
export function applyMergePatch(current: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  // A Map, because assigning the member `__proto__` of an object would not make it one.
  const merged = new Map(isJsonObject(current) ? Object.entries(current) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) merged.delete(key);
    else merged.set(key, isJsonObject(value) ? applyMergePatch(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}
