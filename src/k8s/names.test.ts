import { expect, test } from "vitest";
import { createRandom } from "../base/random.ts";
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  generateName,
  labelValueErrors,
  pathSegmentErrors,
  qualifiedNameErrors,
} from "./names.ts";

test("a generated name is the prefix and five characters", () => {
  expect(generateName("web-", createRandom(1))).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test("a long prefix is cut so that the name has 63 characters", () => {
  expect(generateName("a".repeat(100), createRandom(1))).toMatch(/^a{58}\w{5}$/);
});

test.each([
  { check: dns1123LabelErrors, good: ["a", "a-b", "0", "x".repeat(63)] },
  { check: dns1123SubdomainErrors, good: ["a", "a.b-c.d", "1.2", "x".repeat(253)] },
  { check: dns1035LabelErrors, good: ["a", "a-0"] },
  { check: pathSegmentErrors, good: ["system:node", "a b", "..."] },
  { check: qualifiedNameErrors, good: ["a", "A_b.c", "example.com/Name", "x".repeat(63)] },
  { check: labelValueErrors, good: ["", "a", "A_b.c", "x".repeat(63)] },
])("$check.name takes good names", ({ check, good }) => {
  expect(good.flatMap(check)).toEqual([]);
});

const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test.each([
  { check: dns1123LabelErrors, text: "Web", errors: [labelRule] },
  { check: dns1123LabelErrors, text: "a.b", errors: ["must not contain dots"] },
  {
    check: dns1123LabelErrors,
    text: "x".repeat(64),
    errors: ["must be no more than 63 characters"],
  },
  {
    check: dns1123SubdomainErrors,
    text: "a_b",
    errors: [
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  },
  {
    check: dns1035LabelErrors,
    text: "1a",
    errors: [
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
  },
  { check: pathSegmentErrors, text: "..", errors: ["may not be '..'"] },
  { check: pathSegmentErrors, text: "a/%", errors: ["may not contain '/'", "may not contain '%'"] },
  { check: qualifiedNameErrors, text: "a b", errors: [`name part ${nameRule}`] },
  {
    check: qualifiedNameErrors,
    text: "/a",
    errors: ["prefix part must be non-empty"],
  },
  {
    check: qualifiedNameErrors,
    text: "",
    errors: ["name part must be non-empty", `name part ${nameRule}`],
  },
  {
    check: qualifiedNameErrors,
    text: "a/b/c",
    errors: [
      `a qualified name ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ],
  },
  {
    check: labelValueErrors,
    text: "-a",
    errors: [
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  },
])("$check.name says what is wrong with $text", ({ check, text, errors }) => {
  expect(check(text)).toEqual(errors);
});
