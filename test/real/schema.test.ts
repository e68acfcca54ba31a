import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ask, createAsk } from "../../scripts/schema/ask-server.ts";
import { collectGoFacts, collectServerFacts } from "../../scripts/schema/collect-facts.ts";
import { generatedFiles } from "../../scripts/schema/generated-files.ts";
import { inputsDigest } from "../../scripts/schema/inputs-digest.ts";
import { createOpenApi } from "../../src/apiserver/openapi/index.ts";
import type { JsonValue } from "../../src/k8s/json.ts";
import { kubectlBodies } from "../../src/k8s/schema/kubectl-bodies.fixture.ts";
import { decodeProtobuf, encodeProtobuf } from "../../src/k8s/schema/protobuf.ts";
import { builtInResources } from "../../src/k8s/schema/resource-table.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";

const protobufType = "application/vnd.kubernetes.protobuf";
const generator = "scripts/schema";

let controlPlane: ControlPlane;
let ask: Ask;

beforeAll(async () => {
  controlPlane = await startControlPlane({ version: "v1.34.4", scheduler: false });
  ask = await createAsk(controlPlane);
  await controlPlane.kubectl(["create", "namespace", "s1"]);
  await controlPlane.kubectl(["-n", "s1", "create", "serviceaccount", "sa"]);
});
afterAll(() => controlPlane[Symbol.asyncDispose]());

async function getJson(path: string) {
  const { status, bytes } = await ask({ path });
  expect(status).toBe(200);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The value without the members that `drop` names, at any depth. */
function without(drop: (key: string, value: JsonValue) => boolean, value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((element) => without(drop, element));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, member]) => !drop(key, member ?? null));
  return Object.fromEntries(kept.map(([key, member]) => [key, without(drop, member ?? null)]));
}

const isNull = (_: string, value: JsonValue): boolean => value === null;

test("the tables are what the Go modules and the server say now", async () => {
  const files = generatedFiles(
    await collectGoFacts(generator),
    await collectServerFacts(ask),
    await inputsDigest(generator),
  );
  for (const [name, text] of Object.entries(files)) {
    expect(await readFile(`src/k8s/schema/${name}`, "utf8"), name).toBe(text);
  }
});

describe("protobuf", () => {
  // Statuses of components are not stored, but come as the components answer.
  const listed = builtInResources.filter(
    ({ plural, verbs }) => verbs.includes("list") && plural !== "componentstatuses",
  );

  test.each(listed)("$plural of $group/$version are listed as in JSON", async (info) => {
    const root = info.group === "" ? "/api" : `/apis/${info.group}`;
    const path = `${root}/${info.version}/${info.plural}`;
    const inJson = without(isNull, await getJson(path));
    const { bytes } = await ask({ path, accept: protobufType });
    const inProtobuf = decodeProtobuf(bytes);
    expect(inProtobuf).toEqual({
      ...Object(inJson),
      // Only these may have changed between the two.
      metadata: inProtobuf["metadata"],
      items: inProtobuf["items"],
    });
    const items = Object(inProtobuf)["items"] ?? [];
    expect(settled(items)).toEqual(settled(Object(inJson).items));
  });

  test.each(kubectlBodies)("the server reads what we write: $command", async (body) => {
    const { base64, object } = body;
    const path = createPath(Object(object));
    const send = (bytes: Uint8Array) =>
      ask({ method: "POST", path, body: { type: protobufType, bytes } });
    const kubectls = await send(new Uint8Array(Buffer.from(base64, "base64")));
    const ours = await send(encodeProtobuf(Object(object)));
    expect(ours.status).toBe(201);
    expect(masked(ours.bytes)).toEqual(masked(kubectls.bytes));
  });
});

/** What the control plane itself does not write all the time. */
function settled(items: JsonValue): JsonValue {
  const volatile = new Set(["resourceVersion", "managedFields", "renewTime", "heartbeatTime"]);
  return without((key) => volatile.has(key), items);
}

function createPath(object: { apiVersion: string; kind: string }): string {
  if (object.kind === "TokenRequest") {
    return "/api/v1/namespaces/s1/serviceaccounts/sa/token?dryRun=All";
  }
  const found = builtInResources.find(({ group, version, kind }) => {
    return (
      kind === object.kind && object.apiVersion === (group === "" ? version : `${group}/${version}`)
    );
  });
  if (found === undefined) throw new Error(`no resource of ${object.kind}`);
  const root = object.apiVersion.includes("/") ? "/apis" : "/api";
  const namespace = found.namespaced ? "/namespaces/s1" : "";
  return `${root}/${object.apiVersion}${namespace}/${found.plural}?dryRun=All`;
}

function masked(bytes: Uint8Array): JsonValue {
  const changing = new Set([
    "uid",
    "creationTimestamp",
    "managedFields",
    "token",
    "clusterIP",
    "clusterIPs",
    "expirationTimestamp",
  ]);
  const answer = JSON.parse(new TextDecoder().decode(bytes));
  return without((key) => changing.has(key), answer);
}

describe("OpenAPI", () => {
  const openApi = createOpenApi();
  const paths = Object.keys(Object(openApi.index()["paths"]));

  test.each(paths)("the schemas of %s are the server's but for prose", async (path) => {
    const theirs = (await getJson(`/openapi/v3/${path}`)).components.schemas;
    const ours = JSON.parse(new TextDecoder().decode(openApi.document(`/openapi/v3/${path}`)))
      .components.schemas;
    for (const [name, schema] of Object.entries(ours)) {
      if (name in theirs)
        expect(comparable(schema as JsonValue), name).toEqual(comparable(theirs[name]));
    }
    const missing = Object.keys(theirs).filter((name) => !(name in ours));
    expect(missing.filter((name) => !frames.some((frame) => name.endsWith(frame)))).toEqual([]);
  });
});

/** Not objects but what discovery and watches are made of; and what the one hidden map holds. */
const frames = [
  ".WatchEvent",
  ".RawExtension",
  ".APIResource",
  ".APIResourceList",
  ".JSONSchemaPropsOrStringArray",
];

function comparable(schema: JsonValue): JsonValue {
  const plain = without((key, value) => {
    if (key === "description") return typeof value === "string";
    // A schema's kinds in our document are those served, in the server's all that are registered;
    // unions steer clients of ours not at all; one map's Go name hides what it holds.
    return (
      key === "x-kubernetes-group-version-kind" ||
      key === "x-kubernetes-unions" ||
      key === "dependencies"
    );
  }, schema);
  return unwrapped(plain);
}

/** `{ allOf: [x] }` says no more than `x`; the order of `required` says nothing. */
function unwrapped(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  const { allOf, ...rest } = Object(value);
  if (Array.isArray(allOf) && Object.keys(rest).length === 0) return unwrapped(allOf[0]);
  const members = Object.entries<JsonValue>(Object(value)).map(([key, member]) =>
    key === "required" && Array.isArray(member)
      ? [key, [...member].sort()]
      : [key, unwrapped(member)],
  );
  return Object.fromEntries(members);
}
