import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "./json.ts";
import { PatchError } from "./patch-error.ts";
import { setOwn } from "./schema/own-property.ts";
import type { ObjectSchema, ValueType } from "./schema/schema-types.ts";
import { checkElementOrder, goText, inOrder, mergeList } from "./strategic-merge-list.ts";

const patchDirective = "$patch";
const retainKeysDirective = "$retainKeys";
const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";

/**
 * Applies a strategic merge patch: a merge patch that also merges the lists which the schema names
 * a merge key for, and that knows the directives `$patch`, `$retainKeys`, `$setElementOrder/…` and
 * `$deleteFromPrimitiveList/…`. It follows `apimachinery/pkg/util/strategicpatch`; what the schema
 * does not know is merged as by a merge patch, and a directive never reaches the result.
 *
 * @throws PatchError
 */
export function applyStrategicMergePatch(
  current: JsonObject,
  patch: JsonObject,
  schema: ObjectSchema,
): JsonObject {
  return mergeObject(current, patch, { kind: "object", schema });
}

/** What the schema says of one member. */
interface MemberRules {
  readonly type: ValueType | undefined;
  readonly strategy: "merge" | "replace" | undefined;
  readonly mergeKey: string | undefined;
}

function rulesOf(type: ValueType | undefined, key: string): MemberRules {
  const nothing = { strategy: undefined, mergeKey: undefined };
  if (type?.kind === "map") return { type: type.of, ...nothing };
  const field = type?.kind === "object" ? type.schema.fields.get(key) : undefined;
  if (field === undefined) return { type: undefined, ...nothing };
  return {
    type: field.type,
    strategy: field.patchStrategies?.find((strategy) => strategy !== "retainKeys"),
    mergeKey: field.patchMergeKey,
  };
}

function mergeObject(
  current: JsonObject,
  patch: JsonObject,
  type: ValueType | undefined,
): JsonObject {
  return hasDirective(patch)
    ? mergeWithDirectives(current, patch, type)
    : mergePlain(current, patch, type);
}

function hasDirective(patch: JsonObject): boolean {
  for (const key in patch) if (isDirective(key)) return true;
  return false;
}

/** What nearly all patches are: kubelets and controllers send a few members of a status. */
function mergePlain(
  current: JsonObject,
  patch: JsonObject,
  type: ValueType | undefined,
): JsonObject {
  const result: Record<string, JsonValue | undefined> = { ...current };
  for (const key in patch) {
    const value = patch[key];
    if (value === undefined) continue;
    const merged = mergeMember(ownValue(current, key), value, rulesOf(type, key));
    if (merged === undefined) delete result[key];
    else setOwn(result, key, merged);
  }
  return result;
}

function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function mergeWithDirectives(
  current: JsonObject,
  patch: JsonObject,
  type: ValueType | undefined,
): JsonObject {
  const directive = patch[patchDirective];
  if (directive === "replace") return cleanObject(patch);
  if (directive === "delete") return {};
  if (directive !== undefined) {
    throw new PatchError(500, `unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  }
  const result = new Map(Object.entries(retainKeys(current, patch)));
  const orders = new Map<string, JsonArray>();
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(orderPrefix)) orders.set(key.slice(orderPrefix.length), listOf(value));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined || isDirective(key)) continue;
    const rules = rulesOf(type, key);
    const order = orders.get(key);
    if (order !== undefined) checkElementOrder(listOf(value), order, orderKey(rules));
    const merged = mergeMember(result.get(key), value, rules);
    if (merged === undefined) result.delete(key);
    else result.set(key, merged);
  }
  for (const [key, order] of orders) {
    const list = result.get(key);
    if (!isList(list)) continue;
    const before = current[key];
    const currentOrder = isList(before) ? before : [];
    result.set(key, inOrder(list, order, currentOrder, orderKey(rulesOf(type, key))));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(deletePrefix)) continue;
    const name = key.slice(deletePrefix.length);
    const list = result.get(name);
    const removed = new Set(listOf(value));
    if (isList(list))
      result.set(
        name,
        list.filter((element) => !removed.has(element)),
      );
  }
  return Object.fromEntries(result);
}

/** A member after the patch; undefined if there is none. */
function mergeMember(
  current: JsonValue | undefined,
  patch: JsonValue,
  { type, strategy, mergeKey }: MemberRules,
): JsonValue | undefined {
  if (patch === null) return undefined;
  if (isJsonObject(current) && isJsonObject(patch)) {
    if (strategy === "replace") return cleanObject(patch);
    return mergeObject(current, patch, type);
  }
  if (isList(current) && isList(patch) && strategy === "merge") {
    const elementType = type?.kind === "list" ? type.of : undefined;
    return mergeList(current, patch, {
      mergeKey,
      mergeElement: (element, elementPatch) => mergeObject(element, elementPatch, elementType),
      cleanElement: cleanObject,
    });
  }
  return clean(patch);
}

/** `$retainKeys` lists all members that may stay; the patch must not set another. */
function retainKeys(current: JsonObject, patch: JsonObject): JsonObject {
  const directive = patch[retainKeysDirective];
  if (directive === undefined) return current;
  const malformed = new PatchError(400, "invalid patch format of retainKeys");
  if (!isList(directive)) throw malformed;
  const retained = new Set(directive);
  for (const [key, value] of Object.entries(patch)) {
    if (value !== null && !isDirective(key) && !retained.has(key)) throw malformed;
  }
  return Object.fromEntries(Object.entries(current).filter(([key]) => retained.has(key)));
}

/** A value that is new: without nulls, directives, and what a directive deletes. */
function clean(value: JsonValue): JsonValue | undefined {
  if (isList(value)) return value.map(clean).filter((element) => element !== undefined);
  if (!isJsonObject(value)) return value;
  return value[patchDirective] === undefined ? cleanObject(value) : undefined;
}

function cleanObject(object: JsonObject): JsonObject {
  const members: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined || value === null || isDirective(key)) continue;
    const cleaned = clean(value);
    if (cleaned !== undefined) members.push([key, cleaned]);
  }
  return Object.fromEntries(members);
}

function isDirective(key: string): boolean {
  if (!key.startsWith("$")) return false;
  return (
    key === patchDirective ||
    key === retainKeysDirective ||
    key.startsWith(orderPrefix) ||
    key.startsWith(deletePrefix)
  );
}

function orderKey({ mergeKey, strategy }: MemberRules): string | undefined {
  return strategy === "merge" ? mergeKey : undefined;
}

function isList(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value);
}

function listOf(value: JsonValue | undefined): JsonArray {
  if (isList(value)) return value;
  const found = isJsonObject(value) ? "map[string]interface {}" : typeof value;
  throw new PatchError(500, `expected a []interface {}, but received a ${found}`);
}
