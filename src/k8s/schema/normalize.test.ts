import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../json.ts";
import { normalize } from "./normalize.ts";
import { decodeProtobuf, encodeProtobuf } from "./protobuf.ts";
import { schemaOf } from "./schema.ts";
import type { ObjectSchema } from "./schema-types.ts";
import { typedObjects } from "./typed-objects.fixture.ts";

function schema(group: string, kind: string): ObjectSchema {
  const found = schemaOf(group, "v1", kind);
  if (found === undefined) throw new Error(`no schema of ${kind}`);
  return found;
}

const pod = schema("", "Pod");

test.each<{ name: string; object: JsonObject; normal: JsonObject }>([
  {
    name: "unknown fields go",
    object: { metadata: { name: "a", foo: 1 }, spec: { bar: {}, nodeName: "n" }, baz: 1 },
    normal: { metadata: { name: "a" }, spec: { nodeName: "n" } },
  },
  {
    name: "nulls go",
    object: { metadata: { name: "a", creationTimestamp: null }, spec: null },
    normal: { metadata: { name: "a" } },
  },
  {
    name: "a null within a list or map is a zero",
    object: { metadata: { labels: { a: null } }, spec: { containers: [{ args: ["x", null] }] } },
    normal: { metadata: { labels: { a: "" } }, spec: { containers: [{ args: ["x", ""] }] } },
  },
  {
    name: "empty lists and maps go, empty objects stay",
    object: { metadata: { labels: {} }, spec: { tolerations: [], securityContext: {} } },
    normal: { metadata: {}, spec: { securityContext: {} } },
  },
  {
    name: "zeros go that Go leaves out",
    object: { spec: { hostNetwork: false, nodeName: "", priority: 0, hostUsers: false } },
    normal: { spec: { priority: 0, hostUsers: false } },
  },
  {
    name: "quantities become canonical",
    object: { spec: { overhead: { cpu: "1000m", memory: "1024Mi", x: 2, bad: "x" } } },
    normal: { spec: { overhead: { cpu: "1", memory: "1Gi", x: "2", bad: "x" } } },
  },
  {
    name: "times become UTC in whole seconds",
    object: { metadata: { creationTimestamp: "2026-01-02T03:04:05.6+01:00" } },
    normal: { metadata: { creationTimestamp: "2026-01-02T02:04:05Z" } },
  },
  {
    name: "values of a wrong type stay",
    object: { metadata: [], spec: { containers: {}, overhead: "x", priority: "x" } },
    normal: { metadata: [], spec: { containers: {}, overhead: "x", priority: "x" } },
  },
])("$name", ({ object, normal }) => {
  expect(normalize(object, pod)).toStrictEqual(normal);
});

test("micro times keep their digits", () => {
  const lease = { spec: { renewTime: "2026-01-02T03:04:05.123456+01:00" } };
  const normal = { spec: { renewTime: "2026-01-02T02:04:05.123456Z" } };
  expect(normalize(lease, schema("coordination.k8s.io", "Lease"))).toEqual(normal);
});

test("what is normal already is shared", () => {
  const spec = { containers: [{ name: "a", image: "b" }] };
  const untouched = { metadata: { name: "a" }, spec };
  expect(normalize(untouched, pod)).toBe(untouched);
  expect(normalize({ ...untouched, foo: 1 }, pod)["spec"]).toBe(spec);
});

test("a key may be __proto__", () => {
  const object = JSON.parse('{"data": {"__proto__": "x", "a": null}}');
  const normal = normalize(object, schema("", "ConfigMap"));
  expect(JSON.stringify(normal)).toBe('{"data":{"__proto__":"x","a":""}}');
});

test.each([
  ["", "Pod"],
  ["", "Node"],
  ["apps", "Deployment"],
  ["networking.k8s.io", "Ingress"],
])("%s %s: the order of normalizing and storing does not matter", (group, kind) => {
  const of = schema(group, kind);
  const typeMeta = { apiVersion: group === "" ? "v1" : `${group}/v1`, kind };
  const law = fc.property(typedObjects(of, 6, "any"), (fields) => {
    const object = { ...fields, ...typeMeta };
    const normal = normalize(object, of);
    expect(normalize(normal, of)).toBe(normal);
    expect(normalize(decodeProtobuf(encodeProtobuf(object)), of)).toEqual(normal);
  });
  fc.assert(law, { numRuns: 30 });
});
