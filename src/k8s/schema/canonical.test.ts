import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../json.ts";
import { isCanonical } from "./canonical.ts";
import { normalize } from "./normalize.ts";
import { schemaOf } from "./schema.ts";
import type { ObjectSchema } from "./schema-types.ts";
import { typeError } from "./type-errors.ts";
import { typedObjects } from "./typed-objects.fixture.ts";
import { unknownFields } from "./unknown-fields.ts";

function schema(group: string, kind: string): ObjectSchema {
  const found = schemaOf(group, "v1", kind);
  if (found === undefined) throw new Error(`no schema of ${kind}`);
  return found;
}

const pod = schema("", "Pod");

/** What the three walks say together. */
function isFaultless(object: JsonObject, type: ObjectSchema): boolean {
  const isTyped = typeError(object, type) === undefined;
  return isTyped && unknownFields(object, type).length === 0 && normalize(object, type) === object;
}

/** The object with one value, at any depth, replaced by `by`. */
function spoilt(object: JsonObject, at: number, by: JsonValue): JsonObject {
  let left = at;
  const visit = (value: JsonValue): JsonValue => {
    left -= 1;
    if (left < 0) {
      left = Number.POSITIVE_INFINITY;
      return by;
    }
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value as JsonObject);
    return Object.fromEntries(members.map(([key, member]) => [key, visit(member ?? null)]));
  };
  const members = Object.entries(object);
  return Object.fromEntries(members.map(([key, member]) => [key, visit(member ?? null)]));
}

const wrongValues = fc.constantFrom<JsonValue>(
  ...[null, "", 0, 1.5, -1, false, [], {}, [null], { a: null }, { apiVersion: 1 }, "x", "1000m"],
  ...["2026-02-30T00:00:00Z", "2026-02-28T24:00:00Z", "2026-01-31T00:00:00Z", 2 ** 31],
);

test.each([
  ["Pod", pod],
  ["Node", schema("", "Node")],
  ["Lease", schema("coordination.k8s.io", "Lease")],
  ["Secret", schema("", "Secret")],
])("what is canonical of a %s is what has no fault and is normal", (_kind, type) => {
  fc.assert(
    fc.property(typedObjects(type, 4), (object) => {
      expect(isCanonical(object, type, undefined)).toBe(isFaultless(object, type));
    }),
    { numRuns: 60 },
  );
  fc.assert(
    fc.property(typedObjects(type, 4), fc.nat(30), wrongValues, (object, at, by) => {
      const changed = spoilt(object, at, by);
      expect(isCanonical(changed, type, undefined)).toBe(isFaultless(changed, type));
    }),
    { numRuns: 300 },
  );
});

const wrongSpec = { nodeName: {} };
const wrongStatus = { foo: "bar" };

test.each<{ name: string; object: JsonObject; known: JsonObject | undefined; canonical: boolean }>([
  {
    name: "the very same member is taken as it is",
    object: { spec: wrongSpec },
    known: { spec: wrongSpec },
    canonical: true,
  },
  {
    name: "an equal one is looked into",
    object: { spec: { nodeName: {} } },
    known: { spec: wrongSpec },
    canonical: false,
  },
  {
    name: "what stands elsewhere does not count",
    object: { status: wrongSpec },
    known: { spec: wrongSpec },
    canonical: false,
  },
  {
    name: "the very same element of a list, at its place",
    object: { spec: { containers: [wrongStatus, { name: "a" }] } },
    known: { spec: { containers: [wrongStatus] } },
    canonical: true,
  },
  {
    name: "members that are undefined are none",
    object: { spec: undefined, foo: undefined },
    known: undefined,
    canonical: true,
  },
])("$name", ({ object, known, canonical }) => {
  expect(isCanonical(object, pod, known)).toBe(canonical);
});
