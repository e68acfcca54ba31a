import {
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  jsonEqual,
} from "./json.ts";
import { PatchError } from "./patch-error.ts";

/**
 * Applies a JSON patch (RFC 6902) as the API server does, with the leniency and the messages of
 * its library (`evanphx/json-patch` v4): negative indexes count from the end, `replace` of an
 * absent member adds it, and `test` takes an absent member for null. `document` is not changed;
 * the result shares with it what the patch does not touch.
 *
 * @throws PatchError 400 for what is no patch, 422 for what does not apply
 */
export function applyJsonPatch(document: JsonValue, operations: unknown): JsonValue {
  if (!Array.isArray(operations)) throw undecodable(operations, "[]handlers.jsonPatchOp");
  let result = document;
  for (const operation of operations) {
    if (!isJsonObject(operation)) throw undecodable(operation, "handlers.jsonPatchOp");
    result = applyOperation(result, operation);
  }
  return result;
}

type Container = JsonArray | JsonObject;

function applyOperation(document: JsonValue, operation: JsonObject): JsonValue {
  const kind = operation["op"];
  switch (kind) {
    case "add":
      return add(document, operation);
    case "remove":
      return remove(document, operation);
    case "replace":
      return replace(document, operation);
    case "move":
      return move(document, operation);
    case "copy":
      return copy(document, operation);
    case "test":
      return test(document, operation);
    default:
      throw mismatch(`Unexpected kind: ${typeof kind === "string" ? kind : "unknown"}`);
  }
}

function add(document: JsonValue, operation: JsonObject): JsonValue {
  const path = text(operation, "path", "add operation failed to decode path: missing value");
  return change(
    document,
    path,
    `add operation does not apply: doc is missing path: "${path}": missing value`,
    (container, key) =>
      explained(`error in add for path: '${path}'`, () =>
        withAdded(container, key, operation["value"] ?? null),
      ),
  );
}

function remove(document: JsonValue, operation: JsonObject): JsonValue {
  const path = text(operation, "path", "remove operation failed to decode path: missing value");
  return change(
    document,
    path,
    `remove operation does not apply: doc is missing path: "${path}": missing value`,
    (container, key) =>
      explained(`error in remove for path: '${path}'`, () => withoutMember(container, key)),
  );
}

function replace(document: JsonValue, operation: JsonObject): JsonValue {
  const path = pathOf(operation, "replace");
  const value = operation["value"] ?? null;
  if (path === "") {
    if (typeof value === "object" && value !== null) return value;
    throw mismatch("replace operation value must be object or array: %!w(<nil>)");
  }
  return change(
    document,
    path,
    `replace operation does not apply: doc is missing path: ${path}: missing value`,
    (container, key) => {
      if (!isArray(container)) return withMember(container, key, value);
      const index = indexIn(key, container.length);
      if (typeof index === "number") return container.with(index, value);
      throw mismatch(
        `replace operation does not apply: doc is missing key: ${path}: missing value`,
      );
    },
  );
}

function move(document: JsonValue, operation: JsonObject): JsonValue {
  const from = fromOf(operation, "move");
  let moved: JsonValue = null;
  const rest = change(
    document,
    from,
    `move operation does not apply: doc is missing from path: ${from}: missing value`,
    (container, key) =>
      explained(`error in move for path: '${key}'`, () => {
        moved = member(container, key);
        return withoutMember(container, key);
      }),
  );
  const path = pathOf(operation, "move");
  return change(
    rest,
    path,
    `move operation does not apply: doc is missing destination path: ${path}: missing value`,
    (container, key) =>
      explained(`error in move for path: '${path}'`, () => withAdded(container, key, moved)),
  );
}

function copy(document: JsonValue, operation: JsonObject): JsonValue {
  const from = fromOf(operation, "copy");
  let copied: JsonValue = null;
  change(
    document,
    from,
    `copy operation does not apply: doc is missing from path: ${from}: missing value`,
    (container, key) => {
      copied = explained(`error in copy for from: '${from}'`, () => member(container, key));
      return container;
    },
  );
  const path = text(operation, "path", "copy operation failed to decode path: missing value");
  return change(
    document,
    path,
    `copy operation does not apply: doc is missing destination path: ${path}: missing value`,
    (container, key) =>
      explained("error while adding value during copy", () => withAdded(container, key, copied)),
  );
}

function test(document: JsonValue, operation: JsonObject): JsonValue {
  const path = pathOf(operation, "test");
  const expected = operation["value"] ?? null;
  let found: JsonValue = document;
  if (path !== "") {
    change(
      document,
      path,
      `test operation does not apply: is missing path: ${path}: missing value`,
      (container, key) => {
        found = explained(`error in test for path: '${path}'`, () => member(container, key));
        return container;
      },
    );
  }
  if (!jsonEqual(found, expected)) throw mismatch(`testing value ${path} failed: test failed`);
  return document;
}

/**
 * The document with the container that holds `path` changed by `edit`; what leads to it is copied.
 * @throws PatchError with `missing` when nothing holds it
 */
function change(
  document: JsonValue,
  path: string,
  missing: string,
  edit: (container: Container, key: string) => Container,
): JsonValue {
  const keys = path.split("/").slice(1).map(unescapeKey);
  const last = keys.pop();
  if (last === undefined) throw mismatch(missing);
  const descend = (value: JsonValue, depth: number): JsonValue => {
    if (typeof value !== "object" || value === null) throw mismatch(missing);
    const key = keys[depth];
    if (key === undefined) return edit(value, last);
    if (!isArray(value)) return withMember(value, key, descend(own(value, key), depth + 1));
    const index = indexIn(key, value.length);
    if (typeof index === "string") throw mismatch(missing);
    return value.with(index, descend(value[index] ?? null, depth + 1));
  };
  return descend(document, 0);
}

/** RFC 6901. */
function unescapeKey(key: string): string {
  return key.replace(/~[01]/g, (pair) => (pair === "~1" ? "/" : "~"));
}

/** `Array.isArray`, for readonly arrays. */
function isArray(container: Container): container is JsonArray {
  return Array.isArray(container);
}

function own(object: JsonObject, key: string): JsonValue {
  return (Object.hasOwn(object, key) ? object[key] : undefined) ?? null;
}

/** A spread defines the member also when it is called `__proto__`. */
function withMember(object: JsonObject, key: string, value: JsonValue): JsonObject {
  return { ...object, [key]: value };
}

function member(container: Container, key: string): JsonValue {
  return isArray(container)
    ? (container[checked(indexIn(key, container.length))] ?? null)
    : own(container, key);
}

function withAdded(container: Container, key: string, value: JsonValue): Container {
  if (!isArray(container)) return withMember(container, key, value);
  if (key === "-") return [...container, value];
  const index = indexIn(key, container.length + 1);
  if (index === notANumber(key)) {
    throw mismatch(`value was not a proper array index: '${key}': ${index}`);
  }
  return container.toSpliced(checked(index), 0, value);
}

function withoutMember(container: Container, key: string): Container {
  if (isArray(container)) return container.toSpliced(checked(indexIn(key, container.length)), 1);
  if (!Object.hasOwn(container, key)) {
    throw mismatch(`Unable to remove nonexistent key: ${key}: missing value`);
  }
  const { [key]: _removed, ...rest } = container;
  return rest;
}

/** The position that `key` means among `length` of them, or why there is none. */
function indexIn(key: string, length: number): number | string {
  if (!/^[+-]?\d+$/.test(key)) return notANumber(key);
  const index = Number(key);
  if (index >= length || index < -length) {
    return `Unable to access invalid index: ${index}: invalid index referenced`;
  }
  return index < 0 ? index + length : index;
}

function notANumber(key: string): string {
  return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
}

function checked(index: number | string): number {
  if (typeof index === "string") throw mismatch(index);
  return index;
}

/** Puts `context` before the message of what `edit` throws. */
function explained<T>(context: string, edit: () => T): T {
  try {
    return edit();
  } catch (error) {
    if (error instanceof PatchError) throw mismatch(`${context}: ${error.message}`);
    throw error;
  }
}

function pathOf(operation: JsonObject, kind: string): string {
  const fault = "operation missing path field: missing value";
  return text(operation, "path", `${kind} operation failed to decode path: ${fault}`);
}

function fromOf(operation: JsonObject, kind: string): string {
  const fault = "operation, missing from field: missing value";
  return text(operation, "from", `${kind} operation failed to decode from: ${fault}`);
}

function text(operation: JsonObject, name: string, fault: string): string {
  const value = operation[name];
  if (typeof value !== "string") throw mismatch(fault);
  return value;
}

function mismatch(message: string): PatchError {
  return new PatchError(422, message);
}

function undecodable(value: unknown, goType: string): PatchError {
  const found = Array.isArray(value) ? "array" : typeof value;
  return new PatchError(
    400,
    `error decoding patch: json: cannot unmarshal ${found} into Go value of type ${goType}`,
  );
}
