import {
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  jsonEqual,
} from "../k8s/json.ts";

/** By member: what tells the elements of a list apart that is merged. Other lists are replaced. */
export type MergeKeys = Readonly<Record<string, string>>;

/**
 * The strategic merge patch from one object to the next, as `CreateTwoWayMergePatch` of
 * `apimachinery/pkg/util/strategicpatch` makes it: what has changed, null for what is gone, of merged
 * lists the elements that have changed and, if any has, the order of all. Absent and null are equal.
 * Empty when nothing differs.
 *
 * @param mergeKeys of the object's own lists; those further inside are replaced
 */
export function twoWayMergePatch(
  before: JsonObject,
  after: JsonObject,
  mergeKeys: MergeKeys = {},
): JsonObject {
  const patch: Record<string, JsonValue> = {};
  for (const key in after) {
    const value = after[key];
    const known = before[key];
    if (value === undefined || value === null || value === known) continue;
    const mergeKey = mergeKeys[key];
    if (known === undefined || known === null) patch[key] = value;
    else if (mergeKey !== undefined && Array.isArray(value) && Array.isArray(known)) {
      patchList(patch, key, known, value, mergeKey);
    } else if (isJsonObject(value) && isJsonObject(known)) {
      const members = twoWayMergePatch(known, value);
      if (!isEmpty(members)) patch[key] = members;
    } else if (!jsonEqual(known, value)) patch[key] = value;
  }
  for (const key in before) {
    if ((before[key] ?? null) !== null && (after[key] ?? null) === null) patch[key] = null;
  }
  return patch;
}

export function isEmpty(object: JsonObject): boolean {
  for (const key in object) if (object[key] !== undefined) return false;
  return true;
}

function patchList(
  patch: Record<string, JsonValue>,
  key: string,
  before: JsonArray,
  after: JsonArray,
  mergeKey: string,
): void {
  if (before.length === 0) {
    if (after.length > 0) patch[key] = after;
    return;
  }
  const changes: JsonObject[] = [];
  for (const element of after) {
    if (!isJsonObject(element)) continue;
    const known = elementOf(before, element[mergeKey], mergeKey);
    if (known === undefined) {
      changes.push(element);
    } else {
      const members = twoWayMergePatch(known, element);
      if (!isEmpty(members)) changes.push({ ...members, [mergeKey]: element[mergeKey] });
    }
  }
  for (const element of before) {
    if (!isJsonObject(element)) continue;
    if (elementOf(after, element[mergeKey], mergeKey) !== undefined) continue;
    changes.push({ $patch: "delete", [mergeKey]: element[mergeKey] });
  }
  if (changes.length > 0) patch[key] = changes;
  if (changes.length > 0 || !isSameOrder(before, after, mergeKey)) {
    patch[`$setElementOrder/${key}`] = after.map((element) => ({
      [mergeKey]: isJsonObject(element) ? element[mergeKey] : undefined,
    }));
  }
}

function elementOf(
  list: JsonArray,
  value: JsonValue | undefined,
  mergeKey: string,
): JsonObject | undefined {
  for (const element of list) {
    if (isJsonObject(element) && element[mergeKey] === value) return element;
  }
  return undefined;
}

function isSameOrder(before: JsonArray, after: JsonArray, mergeKey: string): boolean {
  if (before.length !== after.length) return false;
  return before.every((element, index) => {
    const other = after[index];
    return isJsonObject(element) && isJsonObject(other) && element[mergeKey] === other[mergeKey];
  });
}
