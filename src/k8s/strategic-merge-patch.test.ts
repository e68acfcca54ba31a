import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject, JsonValue } from "./json.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { PatchError } from "./patch-error.ts";
import { schemaOf } from "./schema/schema.ts";
import type { ObjectSchema } from "./schema/schema-types.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

function knownSchema(group: string, version: string, kind: string): ObjectSchema {
  const schema = schemaOf(group, version, kind);
  if (schema === undefined) throw new Error(`no schema of ${kind}`);
  return schema;
}

const podSchema = knownSchema("", "v1", "Pod");
const a = { name: "a", image: "a:1" };
const b = { name: "b", image: "b:1" };
const c = { name: "c", image: "c:1" };

interface Row {
  readonly name: string;
  readonly current: JsonObject;
  readonly patch: JsonObject;
  readonly result: JsonObject;
}

const podRows: readonly Row[] = [
  {
    name: "containers are merged by name, new ones come last",
    current: { containers: [a, b] },
    patch: { containers: [{ name: "b", image: "b:2" }, c] },
    result: { containers: [a, { name: "b", image: "b:2" }, c] },
  },
  {
    name: "null deletes a member of an element",
    current: { containers: [{ ...a, command: ["x"] }] },
    patch: { containers: [{ name: "a", command: null }] },
    result: { containers: [a] },
  },
  {
    name: "null deletes a list",
    current: { containers: [a], tolerations: [{ key: "x" }] },
    patch: { tolerations: null },
    result: { containers: [a] },
  },
  {
    name: "$patch: delete takes an element out",
    current: { containers: [a, b] },
    patch: { containers: [{ name: "a", $patch: "delete" }] },
    result: { containers: [b] },
  },
  {
    name: "$patch: delete of an element that is not there",
    current: { containers: [a] },
    patch: { containers: [{ name: "x", $patch: "delete" }] },
    result: { containers: [a] },
  },
  {
    name: "$patch: replace in a list replaces it",
    current: { containers: [a, b] },
    patch: { containers: [c, { $patch: "replace" }] },
    result: { containers: [c] },
  },
  {
    name: "$patch: replace in an object replaces it",
    current: { nodeSelector: { x: "1", y: "2" } },
    patch: { nodeSelector: { z: "3", $patch: "replace" } },
    result: { nodeSelector: { z: "3" } },
  },
  {
    name: "$patch: delete in an object empties it",
    current: { nodeSelector: { x: "1" } },
    patch: { nodeSelector: { $patch: "delete" } },
    result: { nodeSelector: {} },
  },
  {
    name: "$setElementOrder orders, the others keep their place",
    current: { containers: [a, b, c] },
    patch: { "$setElementOrder/containers": [{ name: "c" }, { name: "a" }] },
    result: { containers: [b, c, a] },
  },
  {
    name: "$setElementOrder with a changed element, as kubectl set image sends it",
    current: { containers: [a, b] },
    patch: {
      "$setElementOrder/containers": [{ name: "a" }, { name: "b" }],
      containers: [{ name: "b", image: "b:2" }],
    },
    result: { containers: [a, { name: "b", image: "b:2" }] },
  },
  {
    name: "ports are merged by their number",
    current: { containers: [{ ...a, ports: [{ containerPort: 80, protocol: "TCP" }] }] },
    patch: {
      containers: [
        { name: "a", ports: [{ containerPort: 80, name: "http" }, { containerPort: 443 }] },
      ],
    },
    result: {
      containers: [
        {
          ...a,
          ports: [{ containerPort: 80, protocol: "TCP", name: "http" }, { containerPort: 443 }],
        },
      ],
    },
  },
  {
    name: "a list without a merge key is replaced",
    current: { tolerations: [{ key: "x" }, { key: "y" }] },
    patch: { tolerations: [{ key: "z" }] },
    result: { tolerations: [{ key: "z" }] },
  },
  {
    name: "$retainKeys clears the other kinds of a volume",
    current: { volumes: [{ name: "v", emptyDir: {} }] },
    patch: {
      volumes: [{ name: "v", hostPath: { path: "/x" }, $retainKeys: ["name", "hostPath"] }],
    },
    result: { volumes: [{ name: "v", hostPath: { path: "/x" } }] },
  },
  {
    name: "a new list is taken without its directives and nulls",
    current: {},
    patch: {
      containers: [
        { ...a, command: null },
        { name: "b", $patch: "delete" },
      ],
    },
    result: { containers: [a] },
  },
];

test.each(podRows)("the spec of a pod: $name", ({ current, patch, result }) => {
  const pod = { kind: "Pod", spec: current };
  const before = JSON.stringify(pod);
  expect(applyStrategicMergePatch(pod, { spec: patch }, podSchema)).toEqual({
    kind: "Pod",
    spec: result,
  });
  expect(JSON.stringify(pod)).toBe(before);
});

const finalizerRows: readonly Row[] = [
  {
    name: "plain values are added once",
    current: { finalizers: ["x", "y"] },
    patch: { finalizers: ["y", "z"] },
    result: { finalizers: ["x", "y", "z"] },
  },
  {
    name: "$deleteFromPrimitiveList takes values out",
    current: { finalizers: ["x", "y"] },
    patch: { "$deleteFromPrimitiveList/finalizers": ["x"] },
    result: { finalizers: ["y"] },
  },
  {
    name: "added, deleted and ordered in one",
    current: { finalizers: ["x", "y"] },
    patch: {
      "$setElementOrder/finalizers": ["z", "y"],
      "$deleteFromPrimitiveList/finalizers": ["x"],
      finalizers: ["z"],
    },
    result: { finalizers: ["z", "y"] },
  },
  {
    name: "owner references are merged by uid",
    current: { ownerReferences: [{ uid: "1", name: "x" }] },
    patch: {
      ownerReferences: [
        { uid: "1", $patch: "delete" },
        { uid: "2", name: "y" },
      ],
    },
    result: { ownerReferences: [{ uid: "2", name: "y" }] },
  },
];

test.each(finalizerRows)("metadata: $name", ({ current, patch, result }) => {
  expect(applyStrategicMergePatch({ metadata: current }, { metadata: patch }, podSchema)).toEqual({
    metadata: result,
  });
});

test("the conditions of a node are merged by type", () => {
  const ready = { type: "Ready", status: "True" };
  const pressure = { type: "DiskPressure", status: "False" };
  expect(
    applyStrategicMergePatch(
      { status: { conditions: [pressure, ready] } },
      {
        status: {
          "$setElementOrder/conditions": [{ type: "DiskPressure" }, { type: "Ready" }],
          conditions: [{ type: "Ready", status: "False" }],
        },
      },
      knownSchema("", "v1", "Node"),
    ),
  ).toEqual({ status: { conditions: [pressure, { type: "Ready", status: "False" }] } });
});

test.each([
  {
    name: "an element without its merge key",
    patch: { containers: [{ image: "x" }] },
    code: 500,
    message: "map: map[image:x] does not contain declared merge key: name",
  },
  {
    name: "an unknown directive",
    patch: { nodeSelector: { $patch: "swap" } },
    code: 500,
    message: "unknown patch type: swap in map: map[$patch:swap]",
  },
  {
    name: "a member that $retainKeys does not list",
    patch: { nodeSelector: { y: "2", $retainKeys: ["x"] } },
    code: 400,
    message: "invalid patch format of retainKeys",
  },
  {
    name: "an order that the patch breaks",
    patch: {
      "$setElementOrder/containers": [{ name: "a" }, { name: "b" }],
      containers: [b, a],
    },
    code: 500,
    message: "The order in patch list:",
  },
  {
    name: "a list of objects and texts",
    patch: { containers: ["x"] },
    code: 500,
    message: "list element types are not identical: [[map[image:a:1 name:a]] [x]]",
  },
  {
    name: "an order that is no list",
    patch: { "$setElementOrder/containers": "a" },
    code: 500,
    message: "expected a []interface {}, but received a string",
  },
])("$name is an error", ({ patch, code, message }) => {
  const pod = { spec: { containers: [a], nodeSelector: { x: "1" } } };
  const attempt = () => applyStrategicMergePatch(pod, { spec: patch }, podSchema);
  expect(attempt).toThrow(PatchError);
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ code }));
});

/** Objects without arrays and nulls: there the two kinds of patch agree. */
const tree = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), tie("object")),
  object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
})).object;

test("what the schema does not know is merged as by a merge patch", () => {
  const schema: ObjectSchema = { name: "Unknown", fields: new Map() };
  fc.assert(
    fc.property(tree, tree, (current, patch) => {
      expect(applyStrategicMergePatch(current, patch, schema)).toEqual(
        applyMergePatch(current, patch),
      );
    }),
  );
});

test("a strategic merge patch applied twice changes nothing more", () => {
  const element = fc.record({ name: fc.constantFrom("a", "b", "c", "d"), image: fc.string() });
  const containers = fc.uniqueArray(element, { selector: ({ name }) => name });
  fc.assert(
    fc.property(containers, containers, (current, patch) => {
      const pod = { spec: { containers: current } };
      const change = { spec: { containers: patch } };
      const once = applyStrategicMergePatch(pod, change, podSchema);
      expect(applyStrategicMergePatch(once, change, podSchema)).toEqual(once);
    }),
  );
});
