import { expect, test } from "vitest";
import type { JsonObject } from "../json.ts";
import { findDuplicateFields } from "./duplicate-fields.ts";
import { schemaOf } from "./schema.ts";
import type { ObjectSchema } from "./schema-types.ts";
import { timeFault } from "./time-fault.ts";
import { typeError } from "./type-errors.ts";
import { unknownFields } from "./unknown-fields.ts";

// The messages were observed on kube-apiserver 1.34.4.

function schema(group: string, kind: string): ObjectSchema {
  const found = schemaOf(group, "v1", kind);
  if (found === undefined) throw new Error(`no schema of ${kind}`);
  return found;
}

const deployment = schema("apps", "Deployment");
const secret = schema("", "Secret");

function withPodSpec(spec: JsonObject): JsonObject {
  return { spec: { template: { spec } } };
}

test.each<{ object: JsonObject; unknown: readonly string[] }>([
  { object: { spec: { replicas: 1 } }, unknown: [] },
  {
    object: { spec: { foo: 1, Replicas: 2 } },
    unknown: ['unknown field "spec.foo"', 'unknown field "spec.Replicas"'],
  },
  {
    object: withPodSpec({
      containers: [{ bar: true, ports: [{ x: null }] }, { foo: { a: 1 } }],
    }),
    unknown: [
      'unknown field "spec.template.spec.containers[0].bar"',
      'unknown field "spec.template.spec.containers[0].ports[0].x"',
      'unknown field "spec.template.spec.containers[1].foo"',
    ],
  },
  { object: { metadata: { labels: { any: "x" }, annotations: { key: "x" } } }, unknown: [] },
  { object: { spec: { replicas: { not: "a number" } } }, unknown: [] },
])("unknown fields of $object", ({ object, unknown }) => {
  expect(unknownFields(object, deployment)).toEqual(unknown);
});

test("no more than 100 unknown fields are reported", () => {
  const fields = Array.from({ length: 150 }, (_, index) => [`field${index}`, 1]);
  expect(unknownFields(Object.fromEntries(fields), deployment)).toHaveLength(100);
});

test("what has no fixed type is not looked into", () => {
  const revision = schema("apps", "ControllerRevision");
  expect(unknownFields({ data: { any: { thing: 1 } } }, revision)).toEqual([]);
});

test.each<{ text: string; duplicates: readonly string[] }>([
  { text: '{"a": 1, "b": {"a": 2}, "c": [{"a": 1}, {"a": 2}]}', duplicates: [] },
  {
    text: '{"metadata": {"labels": {"a": "1", "a": "2"}}}',
    duplicates: ['duplicate field "metadata.labels.a"'],
  },
  {
    text: '{"c": [[], {"name": "a"}, {"name": "a", "x": [1, 2], "name": "b"}]}',
    duplicates: ['duplicate field "c[2].name"'],
  },
  {
    text: '{"a":1,"a":2,"a":3,"b":{},"b":{}}',
    duplicates: ['duplicate field "a"', 'duplicate field "b"'],
  },
  { text: '{"text": "\\"a\\": {,[", "text2": "{\\\\", "a": ":"}', duplicates: [] },
  { text: '{"\\u0061": 1, "a": 2}', duplicates: ['duplicate field "a"'] },
  { text: '["a", "a", {"a": "a"}]', duplicates: [] },
])("duplicate fields of $text", ({ text, duplicates }) => {
  JSON.parse(text);
  expect(findDuplicateFields(text)).toEqual(duplicates);
});

test("deep nesting does not overflow the stack", () => {
  const text = `${"[".repeat(100_000)}{"a":1,"a":2}${"]".repeat(100_000)}`;
  expect(findDuplicateFields(text)).toHaveLength(1);
});

const intoDeployment = "json: cannot unmarshal";

test.each<{ object: JsonObject; error: string | undefined }>([
  { object: { spec: { replicas: 3, paused: false, template: null } }, error: undefined },
  {
    object: { spec: { replicas: "3" } },
    error: `${intoDeployment} string into Go struct field DeploymentSpec.spec.replicas of type int32`,
  },
  {
    object: { spec: { replicas: 3.5 } },
    error: `${intoDeployment} number 3.5 into Go struct field DeploymentSpec.spec.replicas of type int32`,
  },
  {
    object: { spec: { replicas: 99999999999 } },
    error: `${intoDeployment} number 99999999999 into Go struct field DeploymentSpec.spec.replicas of type int32`,
  },
  {
    object: { spec: { replicas: true } },
    error: `${intoDeployment} bool into Go struct field DeploymentSpec.spec.replicas of type int32`,
  },
  {
    object: { metadata: { name: 5 }, spec: { replicas: "x" } },
    error: `${intoDeployment} number into Go struct field ObjectMeta.metadata.name of type string`,
  },
  {
    object: { metadata: [] },
    error: `${intoDeployment} array into Go struct field Deployment.metadata of type v1.ObjectMeta`,
  },
  {
    object: { metadata: { labels: [] } },
    error: `${intoDeployment} array into Go struct field ObjectMeta.metadata.labels of type map[string]string`,
  },
  {
    object: { metadata: { labels: { a: 1 } } },
    error: `${intoDeployment} number into Go struct field ObjectMeta.metadata.labels of type string`,
  },
  {
    object: { metadata: { creationTimestamp: 5 } },
    error: `${intoDeployment} number into Go struct field ObjectMeta.metadata.creationTimestamp of type string`,
  },
  {
    object: withPodSpec({ containers: {} }),
    error: `${intoDeployment} object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container`,
  },
  {
    object: withPodSpec({ containers: ["a"] }),
    error: `${intoDeployment} string into Go struct field PodSpec.spec.template.spec.containers of type v1.Container`,
  },
  {
    object: withPodSpec({ containers: [{ name: "a" }, { name: 1 }] }),
    error: `${intoDeployment} number into Go struct field Container.spec.template.spec.containers.name of type string`,
  },
  {
    object: withPodSpec({ containers: [{ command: ["a", 1] }] }),
    error: `${intoDeployment} number into Go struct field Container.spec.template.spec.containers.command of type string`,
  },
  {
    object: withPodSpec({ containers: [{ resources: { limits: [] } }] }),
    error: `${intoDeployment} array into Go struct field ResourceRequirements.spec.template.spec.containers.resources.limits of type v1.ResourceList`,
  },
  {
    object: withPodSpec({ containers: [{ resources: { limits: { cpu: true } } }] }),
    error:
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  },
  {
    object: withPodSpec({ containers: [{ resources: { limits: { cpu: 2 } } }] }),
    error: undefined,
  },
  {
    object: withPodSpec({ restartPolicy: 5 }),
    error: `${intoDeployment} number into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy`,
  },
  {
    object: { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
    error: `${intoDeployment} bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32`,
  },
  {
    object: { spec: { strategy: { rollingUpdate: { maxSurge: 1.5 } } } },
    error: `${intoDeployment} number 1.5 into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32`,
  },
  {
    object: { spec: { strategy: 5 } },
    error: `${intoDeployment} number into Go struct field DeploymentSpec.spec.strategy of type v1.DeploymentStrategy`,
  },
  {
    object: { metadata: { name: 5, creationTimestamp: "x" } },
    error: 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  },
])("the type error of $object", ({ object, error }) => {
  expect(typeError(object, deployment)).toBe(error);
});

test.each([
  { data: "YQ==", error: undefined },
  { data: "YR==", error: undefined },
  { data: "YQ\n==", error: undefined },
  { data: "a", error: "illegal base64 data at input byte 0" },
  { data: "abc", error: "illegal base64 data at input byte 0" },
  { data: "a!bc", error: "illegal base64 data at input byte 1" },
  { data: "YQ==YQ==", error: "illegal base64 data at input byte 4" },
  { data: "YQ=a", error: "illegal base64 data at input byte 2" },
  { data: "abcde", error: "illegal base64 data at input byte 4" },
  { data: "YQ=", error: "illegal base64 data at input byte 3" },
  { data: "=", error: "illegal base64 data at input byte 0" },
  { data: "ab!=", error: "illegal base64 data at input byte 2" },
  {
    data: 5,
    error: "json: cannot unmarshal number into Go struct field Secret.data of type []uint8",
  },
])("a secret of $data", ({ data, error }) => {
  expect(typeError({ data: { key: data } }, secret)).toBe(error);
});

const timeLayout = "2006-01-02T15:04:05Z07:00";
const microTimeLayout = "2006-01-02T15:04:05.000000Z07:00";

test.each([
  { text: "2026-01-01T00:00:00Z", fault: undefined },
  { text: "2026-01-01T3:00:00Z", fault: undefined },
  { text: "2026-01-01T00:00:00,5Z", fault: undefined },
  { text: "2026-01-01T00:00:00.123456789-08:00", fault: undefined },
  { text: "", fault: ` as "${timeLayout}": cannot parse "" as "2006"` },
  { text: "x", fault: ` as "${timeLayout}": cannot parse "x" as "2006"` },
  { text: "2026", fault: ` as "${timeLayout}": cannot parse "" as "-"` },
  { text: "2026-02-30", fault: ` as "${timeLayout}": cannot parse "" as "T"` },
  {
    text: "2026-01-01t00:00:00Z",
    fault: ` as "${timeLayout}": cannot parse "t00:00:00Z" as "T"`,
  },
  { text: "2026-01-01T00:00:00", fault: ` as "${timeLayout}": cannot parse "" as "Z07:00"` },
  { text: "2026-01-01T00:00:00.Z", fault: ` as "${timeLayout}": cannot parse ".Z" as "Z07:00"` },
  { text: "2026-13-01T00:00:00Z", fault: ": month out of range" },
  { text: "2026-02-29T00:00:00Z", fault: ": day out of range" },
  { text: "2028-02-29T00:00:00Z", fault: undefined },
  { text: "2026-01-01T25:00:00Z", fault: ": hour out of range" },
  { text: "2026-01-01T23:61:00Z", fault: ": minute out of range" },
  { text: "2026-01-01T23:01:61Z", fault: ": second out of range" },
  { text: "2026-01-01T00:00:00+25:00", fault: ": time zone offset hour out of range" },
  { text: "2026-01-01T00:00:00.5Zx", fault: ': extra text: "x"' },
])("the time $text", ({ text, fault }) => {
  const expected = fault === undefined ? undefined : `parsing time "${text}"${fault}`;
  expect(timeFault("time", text)).toBe(expected);
});

test.each([
  { text: "2026-01-01T00:00:00.123456Z", rest: undefined },
  { text: "2026-01-01T00:00:00Z", rest: 'cannot parse "Z" as ".000000"' },
  { text: "2026-01-01T00:00:00.123Z", rest: 'cannot parse ".123Z" as ".000000"' },
  { text: "2026-01-01T00:00:00.1234567Z", rest: 'cannot parse "7Z" as "Z07:00"' },
])("the micro time $text", ({ text, rest }) => {
  const expected =
    rest === undefined ? undefined : `parsing time "${text}" as "${microTimeLayout}": ${rest}`;
  expect(timeFault("microTime", text)).toBe(expected);
});
