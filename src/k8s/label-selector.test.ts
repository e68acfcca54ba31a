import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatLabelSelector,
  formatRequirements,
  type LabelRequirement,
  labelMatcher,
  parseLabelRequirements,
  parseLabelSelector,
  SelectorError,
} from "./label-selector.ts";

const labels = { app: "web", tier: "front", size: "10" };

test.each([
  { selector: "", matches: true },
  { selector: "app", matches: true },
  { selector: "!app", matches: false },
  { selector: "!absent", matches: true },
  { selector: "app=web", matches: true },
  { selector: "app==web,tier=front", matches: true },
  { selector: " app = web , tier in ( front , back ) ", matches: true },
  { selector: "app!=web", matches: false },
  { selector: "absent!=web", matches: true },
  { selector: "absent=", matches: false },
  { selector: "app in (api,web)", matches: true },
  { selector: "app notin (api,web)", matches: false },
  { selector: "absent notin (x)", matches: true },
  { selector: "size>9", matches: true },
  { selector: "size<10", matches: false },
  { selector: "app>1", matches: false },
  { selector: "in in (in)", matches: false },
])("$selector", ({ selector, matches }) => {
  expect(parseLabelSelector(selector)(labels)).toBe(matches);
});

test.each([
  { text: "x in (),y", read: "x=,y" },
  { text: "x in (a,,b)", read: "x in (,a,b)" },
  { text: "x notin (b,a,b)", read: "x notin (a,b)" },
  { text: "x in (,)", read: "x=" },
  { text: "b=1,a", read: "a,b=1" },
])("$text is read as $read", ({ text, read }) => {
  expect(formatRequirements(parseLabelRequirements(text))).toBe(read);
});

test.each([
  { text: "a,", message: "found '', expected: identifier after ','" },
  { text: "=a", message: "found '=', expected: !, identifier, or 'end of string'" },
  {
    text: "a b",
    message: "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
  },
  { text: "a in b", message: "unable to parse requirement: found 'b' expected: '('" },
  { text: "a in (b", message: "unable to parse requirement: found '', expected: ',' or ')'" },
  { text: "a=(", message: "unable to parse requirement: found '(', expected: identifier" },
  { text: "!", message: "unable to parse requirement: found '', expected: identifier" },
  {
    text: "a>b",
    message:
      "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
  },
])("$text is refused", ({ text, message }) => {
  expect(() => parseLabelSelector(text)).toThrow(new SelectorError(message));
});

test.each([
  {
    text: "-a=b",
    starts: 'unable to parse requirement: <nil>: Invalid value: "-a": name part must',
  },
  {
    text: "a=-b",
    starts: 'unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label must',
  },
])("$text names the faulty part", ({ text, starts }) => {
  expect(() => parseLabelSelector(text)).toThrow(starts);
});

test.each([
  { name: "none", selector: undefined, matches: false, text: "<none>" },
  { name: "an empty one", selector: {}, matches: true, text: "<none>" },
  { name: "labels", selector: { matchLabels: { app: "web" } }, matches: true, text: "app=web" },
  {
    name: "expressions",
    selector: {
      matchLabels: { tier: "front" },
      matchExpressions: [{ key: "app", operator: "NotIn", values: ["b", "a"] }],
    } as const,
    matches: true,
    text: "app notin (a,b),tier=front",
  },
])("a selector of an object: $name", ({ selector, matches, text }) => {
  expect(labelMatcher(selector)(labels)).toBe(matches);
  expect(formatLabelSelector(selector)).toBe(text);
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,4}$/);
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({
    key: word,
    operator: fc.constantFrom("In" as const, "NotIn" as const),
    values: fc
      .uniqueArray(fc.oneof(word, fc.constant("")), { minLength: 1, maxLength: 3 })
      .map((values) => [...values].sort()),
  }),
  fc.record({
    key: word,
    operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const),
    values: fc.constant([]),
  }),
  fc.record({
    key: word,
    operator: fc.constantFrom("Gt" as const, "Lt" as const),
    values: fc.integer({ min: 0 }).map((value) => [`${value}`]),
  }),
);

test("what is formatted is read back", () => {
  fc.assert(
    fc.property(fc.uniqueArray(requirement, { selector: ({ key }) => key }), (requirements) => {
      const sorted = [...requirements].sort((left, right) => (left.key < right.key ? -1 : 1));
      expect(parseLabelRequirements(formatRequirements(requirements))).toEqual(sorted);
    }),
  );
});

test("no text breaks the parser", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab!=(),<> -]{0,12}$/), (text) => {
      try {
        parseLabelSelector(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SelectorError);
      }
    }),
  );
});
