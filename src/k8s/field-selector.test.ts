import fc from "fast-check";
import { expect, test } from "vitest";
import { formatFieldSelector, matchesFields, parseFieldSelector } from "./field-selector.ts";
import { SelectorError } from "./label-selector.ts";

test.each([
  { text: "", terms: [] },
  { text: "a=b", terms: [{ field: "a", operator: "=", value: "b" }] },
  { text: "a==b", terms: [{ field: "a", operator: "=", value: "b" }] },
  {
    text: "spec.nodeName=,status.phase!=Failed",
    terms: [
      { field: "spec.nodeName", operator: "=", value: "" },
      { field: "status.phase", operator: "!=", value: "Failed" },
    ],
  },
  { text: "a=b\\,c\\=d\\\\", terms: [{ field: "a", operator: "=", value: "b,c=d\\" }] },
])("$text", ({ text, terms }) => {
  expect(parseFieldSelector(text)).toEqual(terms);
});

test.each([
  { text: "a=b,c", message: "invalid selector: 'a=b,c'; can't understand 'c'" },
  { text: "a=b=c", message: "invalid field selector: unescaped character in value: 61" },
  { text: "a=\\b", message: "invalid field selector: invalid escape sequence: \\b" },
  { text: "a=b\\", message: "invalid field selector: invalid escape sequence: \\" },
])("$text is refused", ({ text, message }) => {
  expect(() => parseFieldSelector(text)).toThrow(new SelectorError(message));
});

test.each([
  { text: "phase=Running", matches: true },
  { text: "phase!=Running", matches: false },
  { text: "phase!=Failed,node=", matches: true },
])("a running pod without a node matches $text: $matches", ({ text, matches }) => {
  const fields: Record<string, string> = { phase: "Running" };
  expect(matchesFields(parseFieldSelector(text), (field) => fields[field] ?? "")).toBe(matches);
});

test("what is formatted is read back", () => {
  const requirement = fc.record({
    field: fc.stringMatching(/^[a-z.]{1,8}$/),
    operator: fc.constantFrom("=" as const, "!=" as const),
    value: fc.string(),
  });
  fc.assert(
    fc.property(fc.array(requirement), (requirements) => {
      expect(parseFieldSelector(formatFieldSelector(requirements))).toEqual(requirements);
    }),
  );
});
