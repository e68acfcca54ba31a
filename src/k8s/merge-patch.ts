import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { setOwn } from "./schema/own-property.ts";

/**
 * Applies a JSON merge patch (RFC 7386): members are merged, null removes, all else replaces.
 * What the patch does not touch is shared with `current`.
 */
export function applyMergePatch(current: JsonObject, patch: JsonObject): JsonObject;
export function applyMergePatch(current: JsonValue | undefined, patch: JsonValue): JsonValue;
export function applyMergePatch(current: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, JsonValue | undefined> = isJsonObject(current) ? { ...current } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
    if (value === null) delete merged[key];
    else setOwn(merged, key, isJsonObject(value) ? applyMergePatch(before, value) : value);
  }
  return merged;
}
