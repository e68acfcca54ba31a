import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue } from "./json.ts";
import { applyMergePatch } from "./merge-patch.ts";

// The examples of RFC 7386, appendix A.
const rows: { current: JsonValue; patch: JsonValue; result: JsonValue }[] = [
  { current: { a: "b" }, patch: { a: "c" }, result: { a: "c" } },
  { current: { a: "b" }, patch: { b: "c" }, result: { a: "b", b: "c" } },
  { current: { a: "b" }, patch: { a: null }, result: {} },
  { current: { a: "b", b: "c" }, patch: { a: null }, result: { b: "c" } },
  { current: { a: ["b"] }, patch: { a: "c" }, result: { a: "c" } },
  { current: { a: "c" }, patch: { a: ["b"] }, result: { a: ["b"] } },
  { current: { a: { b: "c" } }, patch: { a: { b: "d", c: null } }, result: { a: { b: "d" } } },
  { current: { a: [{ b: "c" }] }, patch: { a: [1] }, result: { a: [1] } },
  { current: ["a", "b"], patch: ["c", "d"], result: ["c", "d"] },
  { current: { a: "b" }, patch: ["c"], result: ["c"] },
  { current: { a: "foo" }, patch: null, result: null },
  { current: { a: "foo" }, patch: "bar", result: "bar" },
  { current: { e: null }, patch: { a: 1 }, result: { e: null, a: 1 } },
  { current: [1, 2], patch: { a: "b", c: null }, result: { a: "b" } },
  { current: {}, patch: { a: { bb: { ccc: null } } }, result: { a: { bb: {} } } },
];

test.each(rows)("$patch on $current gives $result", ({ current, patch, result }) => {
  expect(applyMergePatch(current, patch)).toEqual(result);
});

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;

test("a patch applied twice changes nothing more, and the original stays", () => {
  fc.assert(
    fc.property(json, json, (current, patch) => {
      const before = JSON.stringify(current);
      const once = applyMergePatch(current, patch);
      expect(applyMergePatch(once, patch)).toEqual(once);
      expect(JSON.stringify(current)).toBe(before);
    }),
  );
});

test("a member called __proto__ is a member", () => {
  const patch = JSON.parse('{"data":{"__proto__":"x"}}') as JsonValue;
  expect(JSON.stringify(applyMergePatch({ data: {} }, patch))).toBe('{"data":{"__proto__":"x"}}');
});
