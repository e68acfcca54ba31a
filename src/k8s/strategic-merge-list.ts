import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "./json.ts";
import { PatchError } from "./patch-error.ts";

/** How the elements of a merged list are told apart, and merged where they meet. */
export interface ListRules {
  /** The member that names an element; undefined for lists of plain values. */
  readonly mergeKey: string | undefined;
  readonly mergeElement: (current: JsonObject, patch: JsonObject) => JsonObject;
  /** What remains of an element that is new, once directives are taken out. */
  readonly cleanElement: (element: JsonObject) => JsonObject;
}

/**
 * Merges a list as `mergeSlice` of `apimachinery/pkg/util/strategicpatch` does. Elements of the
 * patch keep the patch's order among themselves, the others that of the current list.
 *
 * @throws PatchError
 */
export function mergeList(current: JsonArray, patch: JsonArray, rules: ListRules): JsonArray {
  if (current.length === 0 && patch.length === 0) return current;
  const currentObjects = current.filter(isJsonObject);
  const patchObjects = patch.filter(isJsonObject);
  const objects = currentObjects.length + patchObjects.length;
  if (objects === 0) {
    if ([...current, ...patch].some((element) => Array.isArray(element))) {
      throw new PatchError(422, "lists of lists are not supported");
    }
    return inOrder([...new Set([...current, ...patch])], patch, current, undefined);
  }
  if (objects < current.length + patch.length) {
    const lists = goText([current, patch]);
    throw new PatchError(500, `list element types are not identical: ${lists}`);
  }
  const mergeKey = requireMergeKey(rules.mergeKey);
  const { kept, plain } = applyDirectives(currentObjects, patchObjects, mergeKey);
  const merged = [...kept];
  for (const element of plain) {
    const value = keyOf(element, mergeKey);
    const at = merged.findIndex((each) => each[mergeKey] === value);
    const present = merged[at];
    if (present === undefined) merged.push(rules.cleanElement(element));
    else merged[at] = rules.mergeElement(present, element);
  }
  return inOrder(merged, plain, kept, mergeKey);
}

/**
 * The elements in the order of `order` where it knows them (`$setElementOrder`), and of
 * `currentOrder` else; the two sequences are woven together as the current order suggests.
 */
export function inOrder(
  elements: JsonArray,
  order: JsonArray,
  currentOrder: JsonArray,
  mergeKey: string | undefined,
): JsonArray {
  const rank = ranks(order, mergeKey);
  const currentRank = ranks(currentOrder, mergeKey);
  const rankOf = (element: JsonValue): number | undefined => rank.get(identity(element, mergeKey));
  const currentRankOf = (element: JsonValue): number | undefined =>
    currentRank.get(identity(element, mergeKey));
  const ordered = sortedBy(
    elements.filter((element) => rankOf(element) !== undefined),
    rankOf,
  );
  const others = sortedBy(
    elements.filter((element) => rankOf(element) === undefined),
    currentRankOf,
  );
  const woven: JsonValue[] = [];
  let next = 0;
  for (const element of ordered) {
    const rankHere = currentRankOf(element);
    for (let other = others[next]; other !== undefined; other = others[next]) {
      const otherRank = currentRankOf(other);
      if (rankHere === undefined || otherRank === undefined || otherRank >= rankHere) break;
      woven.push(other);
      next += 1;
    }
    woven.push(element);
  }
  return [...woven, ...others.slice(next)];
}

/**
 * Checks that the elements of a patch stand in the order that its `$setElementOrder` gives.
 *
 * @throws PatchError
 */
export function checkElementOrder(
  patch: JsonArray,
  order: JsonArray,
  mergeKey: string | undefined,
): void {
  if (patch.length === 0 || order.length === 0) return;
  let position = 0;
  for (const element of patch) {
    if (isJsonObject(element) && element["$patch"] !== undefined) continue;
    const value = identity(element, mergeKey);
    while (position < order.length && identity(order[position] ?? null, mergeKey) !== value) {
      position += 1;
    }
    if (position === order.length) {
      throw new PatchError(
        500,
        `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
      );
    }
    position += 1;
  }
}

/** A value as Go's `%v` prints it: `map[name:a]`, `[1 2]`. */
export function goText(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isJsonObject(value)) return `${value}`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${key}:${goText(value[key])}`);
  return `map[${members.join(" ")}]`;
}

interface PlainPatch {
  /** What is left of the current elements. */
  readonly kept: readonly JsonObject[];
  /** The elements of the patch that carry no directive. */
  readonly plain: readonly JsonObject[];
}

function applyDirectives(
  current: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): PlainPatch {
  const plain: JsonObject[] = [];
  const deleted = new Set<JsonValue | undefined>();
  let replaces = false;
  for (const element of patch) {
    const directive = element["$patch"];
    if (directive === undefined) plain.push(element);
    else if (directive === "delete") deleted.add(keyOf(element, mergeKey));
    else if (directive === "replace") replaces = true;
    else if (directive === "merge") {
      throw new PatchError(500, "merging lists cannot yet be specified in the patch");
    } else {
      throw new PatchError(
        500,
        `unknown patch type: ${goText(directive)} in map: ${goText(element)}`,
      );
    }
  }
  if (replaces) return { kept: [], plain };
  return { kept: current.filter((element) => !deleted.has(element[mergeKey])), plain };
}

function requireMergeKey(mergeKey: string | undefined): string {
  if (mergeKey !== undefined && mergeKey !== "") return mergeKey;
  throw new PatchError(500, "cannot merge lists without merge key for struct");
}

function keyOf(element: JsonObject, mergeKey: string): JsonValue {
  const value = element[mergeKey];
  if (value !== undefined) return value;
  throw new PatchError(
    500,
    `map: ${goText(element)} does not contain declared merge key: ${mergeKey}`,
  );
}

/** What makes two elements the same one. */
function identity(element: JsonValue, mergeKey: string | undefined): JsonValue {
  return mergeKey !== undefined && isJsonObject(element) ? keyOf(element, mergeKey) : element;
}

function ranks(order: JsonArray, mergeKey: string | undefined): ReadonlyMap<JsonValue, number> {
  const byIdentity = new Map<JsonValue, number>();
  order.forEach((element, index) => {
    const value = identity(element, mergeKey);
    if (!byIdentity.has(value)) byIdentity.set(value, index);
  });
  return byIdentity;
}

function sortedBy(
  elements: JsonArray,
  rankOf: (element: JsonValue) => number | undefined,
): JsonArray {
  const last = Number.MAX_SAFE_INTEGER;
  return elements.toSorted((left, right) => (rankOf(left) ?? last) - (rankOf(right) ?? last));
}
