import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue } from "./json.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { PatchError } from "./patch-error.ts";

interface Row {
  readonly name: string;
  readonly document: JsonValue;
  readonly patch: readonly object[];
  readonly result: JsonValue;
}

// Mostly the examples of RFC 6902, appendix A.
const rows: readonly Row[] = [
  {
    name: "adding a member",
    document: { foo: "bar" },
    patch: [{ op: "add", path: "/baz", value: "qux" }],
    result: { foo: "bar", baz: "qux" },
  },
  {
    name: "adding an element",
    document: { foo: ["bar", "baz"] },
    patch: [{ op: "add", path: "/foo/1", value: "qux" }],
    result: { foo: ["bar", "qux", "baz"] },
  },
  {
    name: "appending an element",
    document: { foo: ["bar"] },
    patch: [{ op: "add", path: "/foo/-", value: ["abc"] }],
    result: { foo: ["bar", ["abc"]] },
  },
  {
    name: "removing a member",
    document: { baz: "qux", foo: "bar" },
    patch: [{ op: "remove", path: "/baz" }],
    result: { foo: "bar" },
  },
  {
    name: "removing the last element by a negative index",
    document: { foo: ["bar", "qux", "baz"] },
    patch: [{ op: "remove", path: "/foo/-1" }],
    result: { foo: ["bar", "qux"] },
  },
  {
    name: "replacing in an element",
    document: { foo: [{ a: 1 }, { a: 2 }] },
    patch: [{ op: "replace", path: "/foo/1/a", value: 3 }],
    result: { foo: [{ a: 1 }, { a: 3 }] },
  },
  {
    name: "replacing an absent member, as the library allows",
    document: {},
    patch: [{ op: "replace", path: "/a", value: 1 }],
    result: { a: 1 },
  },
  {
    name: "replacing the document",
    document: { a: 1 },
    patch: [{ op: "replace", path: "", value: { b: 2 } }],
    result: { b: 2 },
  },
  {
    name: "moving a member",
    document: { foo: { bar: "baz", waldo: "fred" }, qux: { corge: "grault" } },
    patch: [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
    result: { foo: { bar: "baz" }, qux: { corge: "grault", thud: "fred" } },
  },
  {
    name: "moving an element",
    document: { foo: ["all", "grass", "cows", "eat"] },
    patch: [{ op: "move", from: "/foo/1", path: "/foo/3" }],
    result: { foo: ["all", "cows", "eat", "grass"] },
  },
  {
    name: "copying",
    document: { a: { b: [1] } },
    patch: [{ op: "copy", from: "/a/b", path: "/c" }],
    result: { a: { b: [1] }, c: [1] },
  },
  {
    name: "tests that hold",
    document: { baz: "qux", foo: ["a", 2, "c"] },
    patch: [
      { op: "test", path: "/baz", value: "qux" },
      { op: "test", path: "/foo/1", value: 2 },
      { op: "test", path: "/absent", value: null },
      { op: "test", path: "", value: { foo: ["a", 2, "c"], baz: "qux" } },
    ],
    result: { baz: "qux", foo: ["a", 2, "c"] },
  },
  {
    name: "escaped keys",
    document: { "/": 9, "~1": 10 },
    patch: [
      { op: "replace", path: "/~01", value: 11 },
      { op: "remove", path: "/~1" },
    ],
    result: { "~1": 11 },
  },
];

test.each(rows)("$name", ({ document, patch, result }) => {
  const before = JSON.stringify(document);
  expect(applyJsonPatch(document, patch)).toEqual(result);
  expect(JSON.stringify(document)).toBe(before);
});

test.each([
  {
    operation: { op: "remove", path: "/x" },
    message: "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
  },
  {
    operation: { op: "remove", path: "/list/2" },
    message:
      "error in remove for path: '/list/2': Unable to access invalid index: 2: invalid index referenced",
  },
  {
    operation: { op: "add", path: "/x/y", value: 1 },
    message: 'add operation does not apply: doc is missing path: "/x/y": missing value',
  },
  {
    operation: { op: "add", path: "", value: 1 },
    message: 'add operation does not apply: doc is missing path: "": missing value',
  },
  {
    operation: { op: "add", path: "/list/x", value: 1 },
    message:
      "error in add for path: '/list/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax",
  },
  {
    operation: { op: "replace", path: "/list/2", value: 1 },
    message: "replace operation does not apply: doc is missing key: /list/2: missing value",
  },
  {
    operation: { op: "move", from: "/x", path: "/y" },
    message: "error in move for path: 'x': Unable to remove nonexistent key: x: missing value",
  },
  {
    operation: { op: "test", path: "/a", value: 2 },
    message: "testing value /a failed: test failed",
  },
  { operation: { op: "sort", path: "/a" }, message: "Unexpected kind: sort" },
  { operation: {}, message: "Unexpected kind: unknown" },
  { operation: { op: "add" }, message: "add operation failed to decode path: missing value" },
])("$operation does not apply", ({ operation, message }) => {
  const document = { a: 1, list: [1, 2] };
  expect(() => applyJsonPatch(document, [operation])).toThrow(new PatchError(422, message));
});

test.each([
  {
    patch: {},
    message:
      "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
  },
  {
    patch: ["x"],
    message:
      "error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp",
  },
])("$patch is no patch", ({ patch, message }) => {
  const attempt = () => applyJsonPatch({}, patch);
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ code: 400 }));
});

const key = fc.constantFrom("a", "b", "c/d", "e~f", "__proto__");
const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;
const pointer = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

test("removing what was added gives the document back", () => {
  fc.assert(
    fc.property(fc.dictionary(key, json), key, json, (document, name, value) => {
      const path = pointer(name);
      const before = Object.fromEntries(Object.entries(document).filter(([each]) => each !== name));
      const added = applyJsonPatch(before, [{ op: "add", path, value }]);
      expect(applyJsonPatch(added, [{ op: "test", path, value }])).toBe(added);
      expect(applyJsonPatch(added, [{ op: "remove", path }])).toEqual(before);
    }),
  );
});
