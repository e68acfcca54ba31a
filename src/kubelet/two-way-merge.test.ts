import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../k8s/json.ts";
import { schemaOf } from "../k8s/schema/schema.ts";
import { applyStrategicMergePatch } from "../k8s/strategic-merge-patch.ts";
import { isEmpty, twoWayMergePatch } from "./two-way-merge.ts";

const mergeKeys = { conditions: "type", podIPs: "ip" };

test.each([
  { name: "nothing differs", before: { phase: "Running" }, after: { phase: "Running" }, patch: {} },
  { name: "absent and null are equal", before: { reason: null }, after: {}, patch: {} },
  { name: "what is gone is null", before: { reason: "a" }, after: {}, patch: { reason: null } },
  {
    name: "lists without a key are replaced",
    before: { containerStatuses: [{ name: "a", ready: false }] },
    after: { containerStatuses: [{ name: "a", ready: true }] },
    patch: { containerStatuses: [{ name: "a", ready: true }] },
  },
  {
    name: "a list that was empty has no order",
    before: {},
    after: { conditions: [{ type: "Ready", lastProbeTime: null }] },
    patch: { conditions: [{ type: "Ready", lastProbeTime: null }] },
  },
  {
    name: "of an element only what differs",
    before: { conditions: [{ type: "Ready", status: "True", reason: "x" }, { type: "Other" }] },
    after: { conditions: [{ type: "Ready", status: "False" }, { type: "Other" }] },
    patch: {
      conditions: [{ type: "Ready", status: "False", reason: null }],
      "$setElementOrder/conditions": [{ type: "Ready" }, { type: "Other" }],
    },
  },
  {
    name: "elements that are gone are deleted",
    before: { podIPs: [{ ip: "1" }, { ip: "2" }] },
    after: { podIPs: [{ ip: "2" }] },
    patch: {
      podIPs: [{ $patch: "delete", ip: "1" }],
      "$setElementOrder/podIPs": [{ ip: "2" }],
    },
  },
  {
    name: "another order alone is a change",
    before: { podIPs: [{ ip: "1" }, { ip: "2" }] },
    after: { podIPs: [{ ip: "2" }, { ip: "1" }] },
    patch: { "$setElementOrder/podIPs": [{ ip: "2" }, { ip: "1" }] },
  },
])("$name", ({ before, after, patch }) => {
  expect(twoWayMergePatch(before as JsonObject, after as JsonObject, mergeKeys)).toEqual(patch);
});

const word = fc.constantFrom("True", "False");
const condition = fc.record(
  { type: fc.constantFrom("Ready", "Initialized", "Mine"), status: word, reason: word },
  { requiredKeys: ["type", "status"] },
);
const status = fc.record(
  {
    phase: fc.constantFrom("Pending", "Running"),
    message: word,
    conditions: fc.uniqueArray(condition, { selector: ({ type }) => type }),
    podIPs: fc.uniqueArray(fc.record({ ip: fc.constantFrom("1", "2", "3") }), {
      selector: ({ ip }) => ip,
    }),
    containerStatuses: fc.array(fc.record({ name: word, ready: fc.boolean() }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

test("a server that applies the patch has what is wanted, and then there is nothing to patch", () => {
  const schema = schemaOf("", "v1", "Pod");
  if (schema === undefined) throw new Error("there are pods");
  fc.assert(
    fc.property(status, status, (before, after) => {
      const patch = twoWayMergePatch(before, after, mergeKeys);
      const merged = applyStrategicMergePatch({ status: before }, { status: patch }, schema);
      const reached = withoutEmptyLists(merged["status"] as JsonObject);
      expect(twoWayMergePatch(reached, withoutEmptyLists(after), mergeKeys)).toEqual({});
      expect(isEmpty(twoWayMergePatch(after, after, mergeKeys))).toBe(true);
    }),
  );
});

/** Go leaves out what is empty. */
function withoutEmptyLists(object: JsonObject): JsonObject {
  const entries = Object.entries(object).filter(
    ([, value]) => !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries);
}
