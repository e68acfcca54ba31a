import fc from "fast-check";
import { expect, test } from "vitest";
import { kubectlBodies } from "./kubectl-bodies.fixture.ts";
import { decodeProtobuf, encodeProtobuf, ProtobufError } from "./protobuf.ts";
import { builtInTypes } from "./schema.ts";
import { typedObjects } from "./typed-objects.fixture.ts";

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

test.each(kubectlBodies)("reads the body of: $command", ({ base64, object }) => {
  expect(decodeProtobuf(bytesOf(base64))).toEqual(object);
});

test.each(kubectlBodies)("writes what it reads: $command", ({ object }) => {
  const again = decodeProtobuf(encodeProtobuf({ ...object }));
  expect(again).toEqual(object);
});

// CustomResourceDefinitions have unions, which have no protobuf form here.
const kinds = [...builtInTypes().kinds.keys()].filter((kind) => !kind.includes("CustomResource"));

test.each(kinds)("%s survives the wire", (kind) => {
  const schema = builtInTypes().typeOfKind(kind);
  if (schema === undefined) throw new Error(`no type of ${kind}`);
  const typeMeta = {
    apiVersion: kind.replace(/\/[^/]*$/, "").replace(/^\//, ""),
    kind: kind.slice(kind.lastIndexOf("/") + 1),
  };
  const law = fc.property(typedObjects(schema), (fields) => {
    const object = { ...fields, ...typeMeta };
    expect(decodeProtobuf(encodeProtobuf(object))).toEqual(object);
  });
  fc.assert(law, { numRuns: 5 });
});

test.each(["/v1/Pod", "/v1/NodeList", "discovery.k8s.io/v1/EndpointSlice"])(
  "%s read leanly is the same without managed fields",
  (kind) => {
    const schema = builtInTypes().typeOfKind(kind);
    if (schema === undefined) throw new Error(`no type of ${kind}`);
    const typeMeta = {
      apiVersion: kind.replace(/\/[^/]*$/, "").replace(/^\//, ""),
      kind: kind.slice(kind.lastIndexOf("/") + 1),
    };
    const law = fc.property(typedObjects(schema), (fields) => {
      const bytes = encodeProtobuf({ ...fields, ...typeMeta });
      const read = JSON.stringify(decodeProtobuf(bytes), (name, value: unknown) =>
        name === "managedFields" ? undefined : value,
      );
      expect(decodeProtobuf(bytes, () => true)).toEqual(JSON.parse(read));
    });
    fc.assert(law, { numRuns: 50 });
  },
);

test.each([
  { kind: "Node", status: { declaredFeatures: ["A", "B"] } },
  { kind: "Pod", status: { resources: {}, allocatedResources: { cpu: "1" } } },
])("a $kind keeps what 1.36 says of it", ({ kind, status }) => {
  const object = { apiVersion: "v1", kind, status };
  expect(decodeProtobuf(encodeProtobuf(object))).toMatchObject(object);
});

test("strings that look alike stay apart", () => {
  const texts = [
    "é",
    "\u00c3\u00a9",
    "ab",
    "ba",
    "a".repeat(31),
    "a".repeat(32),
    "a".repeat(33),
    "",
  ];
  for (let round = 0; round < 3; round += 1) {
    const data = Object.fromEntries(texts.map((text, index) => [`k${index}`, text]));
    const configMap = { kind: "ConfigMap", apiVersion: "v1", data };
    expect(throughTheWire(configMap)).toEqual(configMap);
  }
});

function throughTheWire(object: object): object {
  return decodeProtobuf(encodeProtobuf({ ...object }));
}

test.each([
  {
    name: "a zero behind a pointer is kept",
    object: { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 0, paused: false } },
    read: { replicas: 0 },
  },
  {
    name: "a zero that Go always writes is kept",
    object: { apiVersion: "v1", kind: "Pod", spec: { containers: [{ name: "", resources: {} }] } },
    read: { containers: [{ name: "", resources: {} }] },
  },
  {
    name: "the zeros of a list are kept",
    object: {
      apiVersion: "v1",
      kind: "Pod",
      spec: { securityContext: { supplementalGroups: [0, 1] } },
    },
    read: { securityContext: { supplementalGroups: [0, 1] } },
  },
  {
    name: "negative numbers are kept",
    object: { apiVersion: "v1", kind: "Pod", spec: { priority: -5, activeDeadlineSeconds: -6 } },
    read: { priority: -5, activeDeadlineSeconds: -6 },
  },
  {
    name: "nulls and unknown fields are left out",
    object: { apiVersion: "v1", kind: "Pod", spec: { nodeName: null, foo: 1 } },
    read: {},
  },
  {
    name: "a time with an offset comes back in UTC",
    object: {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      spec: { renewTime: "2026-01-02T03:04:05.678901+01:00" },
    },
    read: { renewTime: "2026-01-02T02:04:05.678901Z" },
  },
])("$name", ({ object, read }) => {
  expect(throughTheWire(object)).toHaveProperty("spec", read);
});

test("a key may be __proto__", () => {
  const data = JSON.parse('{"__proto__": "x"}');
  const read = throughTheWire({ apiVersion: "v1", kind: "ConfigMap", data });
  expect(JSON.stringify(read)).toContain('"data":{"__proto__":"x"}');
});

test.each([
  { name: "no prefix", bytes: bytesOf("e30="), message: /expected prefix \[107 56 115 0\]/ },
  {
    name: "an unknown kind",
    bytes: bytesOf("azhzAAoOCgd4LmlvL3YxEgNGb28SAA=="),
    message: /no kind "Foo" is registered for version "x.io\/v1"/,
  },
  {
    name: "a body that ends too early",
    bytes: bytesOf(kubectlBodies[0]?.base64 ?? "").subarray(0, 100),
    message: /ends too early/,
  },
])("refuses $name", ({ bytes, message }) => {
  expect(() => decodeProtobuf(bytes)).toThrow(ProtobufError);
  expect(() => decodeProtobuf(bytes)).toThrow(message);
});

test("refuses any other bytes with the same error, and never hangs", () => {
  const valid = bytesOf(kubectlBodies[0]?.base64 ?? "");
  const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
  const law = fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
    const bytes = valid.slice();
    for (const [index, value] of changes) bytes[index] = value;
    try {
      decodeProtobuf(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtobufError);
    }
  });
  fc.assert(law, { numRuns: 500 });
});

test("refuses messages that are nested too deep", () => {
  // Only the schema within a CustomResourceDefinition contains itself.
  let schema: object = { type: "object" };
  for (let depth = 0; depth < 200; depth += 1) schema = { not: schema };
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    spec: { versions: [{ name: "v1", schema: { openAPIV3Schema: schema } }] },
  };
  expect(() => throughTheWire(crd)).toThrow(/nested too deep/);
});

test.each([
  { object: { spec: { replicas: "3" } }, message: 'replicas: expected an integer, found "3"' },
  { object: { spec: { paused: 1 } }, message: "paused: expected a boolean, found 1" },
  { object: { metadata: { labels: [] } }, message: "labels: expected an object, found []" },
  {
    object: { metadata: { creationTimestamp: "soon" } },
    message: 'creationTimestamp: expected an RFC 3339 time, found "soon"',
  },
])("does not write a value that does not fit: $message", ({ object, message }) => {
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", ...object };
  expect(() => encodeProtobuf(deployment)).toThrow(new ProtobufError(message));
});
