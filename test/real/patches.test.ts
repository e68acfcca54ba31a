import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestEnv } from "../../src/base/test-env.ts";
import {
  bearerToken,
  type Client,
  createClient,
  createHttp2Transport,
} from "../../src/client/index.ts";
import { parseFieldSelector } from "../../src/k8s/field-selector.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/k8s/json.ts";
import { applyJsonPatch } from "../../src/k8s/json-patch.ts";
import { parseLabelSelector, SelectorError } from "../../src/k8s/label-selector.ts";
import { PatchError, rejectedPatchMessage } from "../../src/k8s/patch-error.ts";
import { schemaOf } from "../../src/k8s/schema/schema.ts";
import { applyStrategicMergePatch } from "../../src/k8s/strategic-merge-patch.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";

/**
 * A patch that we apply and send as a whole (PUT) must give what the server makes of the patch
 * (PATCH), both as a dry run: then defaults and validation are the same, and only patching differs.
 */
let controlPlane: ControlPlane;
let transport: ReturnType<typeof createHttp2Transport>;
let client: Client;
let current: JsonObject;

const collection = "/apis/apps/v1/namespaces/default/deployments";
const path = `${collection}/patched`;

beforeAll(async () => {
  const idle = { controllerManager: false, scheduler: false };
  controlPlane = await startControlPlane({ version: "v1.34.4", ...idle });
  const { url, caFile, adminToken } = controlPlane;
  const tls = { ca: await readFile(caFile, "utf8") };
  const credentials = bearerToken(adminToken);
  transport = createHttp2Transport({ server: url, tls, credentials }, createTestEnv());
  client = createClient({ transport });
  current = (await ask("POST", collection, deployment)).value;
});
afterAll(async () => {
  await transport[Symbol.asyncDispose]();
  await controlPlane[Symbol.asyncDispose]();
});

const deployment: JsonObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "patched", labels: { a: "1" }, finalizers: ["x.io/a", "x.io/b"] },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "d" } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: { labels: { app: "d" } },
      spec: {
        nodeSelector: { x: "1" },
        tolerations: [{ key: "k", operator: "Exists" }],
        volumes: [
          { name: "v", emptyDir: {} },
          { name: "w", hostPath: { path: "/w" } },
        ],
        imagePullSecrets: [{ name: "s1" }, { name: "s2" }],
        initContainers: [{ name: "i", image: "i:1" }],
        containers: [
          {
            name: "a",
            image: "a:1",
            env: [
              { name: "A", value: "1" },
              { name: "B", value: "2" },
            ],
            ports: [{ containerPort: 80 }, { containerPort: 81, name: "x" }],
            volumeMounts: [{ name: "v", mountPath: "/v" }],
          },
          { name: "b", image: "b:1", args: ["1", "2"] },
          { name: "c", image: "c:1" },
        ],
      },
    },
  },
};

interface Answer {
  readonly status: number;
  readonly value: JsonObject;
}

async function ask(
  method: "GET" | "POST" | "PUT" | "PATCH",
  at: string,
  body?: JsonValue,
  options: { readonly type?: string; readonly query?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const { type = "application/json", query = {} } = options;
  const answer = await client.request({
    method,
    path: at,
    query,
    headers: { "content-type": type, accept: "application/json" },
    ...(body === undefined ? {} : { body: { kind: "object", value: Object(body) } }),
  });
  const value: unknown =
    answer.body.kind === "bytes"
      ? JSON.parse(new TextDecoder().decode(answer.body.bytes))
      : answer.body.kind === "object" && answer.body.value;
  if (!isJsonObject(value)) throw new Error(`${method} ${at}: no object in the answer`);
  return { status: answer.status, value };
}

/** What of an answer depends on the patch alone. */
function essence({ status, value }: Answer): JsonObject {
  if (status >= 400) return { status, message: value["message"] };
  const { managedFields, resourceVersion, generation, ...metadata } = Object(value["metadata"]);
  return { status, ...value, metadata };
}

async function compare(patch: JsonValue, type: string, ours: () => JsonValue): Promise<void> {
  const query = { dryRun: "All" };
  const theirs = await ask("PATCH", path, patch, { type, query });
  let result: JsonValue;
  try {
    result = ours();
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    const message = error.code === 422 ? rejectedPatchMessage : error.message;
    // The server prints the current object as it has it, with all defaults.
    const start = message.split("[[map[")[0] ?? "";
    expect(theirs.status).toBe(error.code);
    expect(String(theirs.value["message"]).slice(0, start.length)).toBe(start);
    return;
  }
  expect(essence(theirs)).toEqual(essence(await ask("PUT", path, result, { query })));
}

const ofTemplate = (spec: JsonObject): JsonObject => ({ spec: { template: { spec } } });

const strategicPatches: readonly JsonObject[] = [
  ofTemplate({ containers: [{ name: "a", image: "a:2" }] }),
  ofTemplate({
    containers: [
      { name: "z", image: "z" },
      { name: "b", image: "b:2" },
    ],
  }),
  ofTemplate({ containers: [{ name: "b", $patch: "delete" }] }),
  ofTemplate({ containers: [{ $patch: "replace" }, { name: "q", image: "q" }] }),
  ofTemplate({ "$setElementOrder/containers": [{ name: "c" }, { name: "b" }, { name: "a" }] }),
  ofTemplate({
    "$setElementOrder/containers": [{ name: "c" }, { name: "a" }],
    containers: [{ name: "a", image: "a:3" }],
  }),
  ofTemplate({
    "$setElementOrder/containers": [{ name: "new" }, { name: "c" }, { name: "a" }],
    containers: [
      { name: "new", image: "n" },
      { name: "b", $patch: "delete" },
    ],
  }),
  ofTemplate({
    "$setElementOrder/containers": [{ name: "a" }, { name: "b" }],
    containers: [
      { name: "b", image: "x" },
      { name: "a", image: "y" },
    ],
  }),
  ofTemplate({ containers: [{ name: "a", env: null }] }),
  ofTemplate({ containers: [{ name: "a", ports: [{ containerPort: 80, protocol: "UDP" }] }] }),
  ofTemplate({ containers: [{ name: "a", ports: [{ containerPort: 80, $patch: "delete" }] }] }),
  ofTemplate({ containers: [{ name: "b", args: ["3"] }] }),
  ofTemplate({ containers: [{ name: "a", volumeMounts: [{ mountPath: "/v", name: "w" }] }] }),
  ofTemplate({
    volumes: [{ name: "v", hostPath: { path: "/x" }, $retainKeys: ["name", "hostPath"] }],
  }),
  ofTemplate({ volumes: [{ name: "v", hostPath: { path: "/x" } }] }),
  ofTemplate({ nodeSelector: { $patch: "replace", y: "2" } }),
  ofTemplate({ nodeSelector: { $patch: "delete" } }),
  ofTemplate({ nodeSelector: { $patch: "wat" } }),
  ofTemplate({ tolerations: [{ key: "z", operator: "Exists" }] }),
  ofTemplate({ imagePullSecrets: [{ name: "s3" }, { name: "s1" }] }),
  ofTemplate({ containers: [{ image: "x" }] }),
  ofTemplate({ containers: ["a"] }),
  ofTemplate({ containers: null }),
  ofTemplate({ "$setElementOrder/containers": "x" }),
  ofTemplate({
    initContainers: [
      { name: "i", image: "i:2" },
      { name: "j", image: "j" },
    ],
  }),
  { spec: { strategy: { type: "Recreate", $retainKeys: ["type"] } } },
  { spec: { strategy: { type: "Recreate" } } },
  { spec: { strategy: { $retainKeys: ["rollingUpdate"], type: "Recreate" } } },
  { spec: { replicas: null } },
  { spec: null },
  { metadata: { finalizers: ["x.io/c"] } },
  { metadata: { "$deleteFromPrimitiveList/finalizers": ["x.io/a"] } },
  {
    metadata: {
      "$setElementOrder/finalizers": ["x.io/c", "x.io/b"],
      "$deleteFromPrimitiveList/finalizers": ["x.io/a"],
      finalizers: ["x.io/c"],
    },
  },
  { metadata: { labels: { a: null, b: "2" }, annotations: { x: "y" } } },
];

test.each(strategicPatches.map((patch) => ({ name: JSON.stringify(patch), patch })))(
  "strategic merge patch $name",
  async ({ patch }) => {
    const schema = schemaOf("apps", "v1", "Deployment");
    if (schema === undefined) throw new Error("no schema of Deployment");
    await compare(patch, "application/strategic-merge-patch+json", () =>
      applyStrategicMergePatch(current, patch, schema),
    );
  },
);

const containers = "/spec/template/spec/containers";
const jsonPatches: readonly JsonValue[] = [
  [{ op: "replace", path: "/spec/replicas", value: 3 }],
  [{ op: "replace", path: "/spec/minReadySeconds", value: 4 }],
  [{ op: "remove", path: `${containers}/1` }],
  [{ op: "remove", path: `${containers}/-1` }],
  [{ op: "remove", path: "/spec/nope" }],
  [{ op: "add", path: "/metadata/labels/x~1y", value: "1" }],
  [{ op: "add", path: "/metadata/annotations/x", value: "1" }],
  [{ op: "add", path: `${containers}/9`, value: {} }],
  [{ op: "test", path: "/spec/replicas", value: 2 }],
  [{ op: "test", path: "/spec/nope", value: null }],
  [{ op: "move", from: "/metadata/labels/a", path: "/metadata/labels/b" }],
  [
    { op: "copy", from: `${containers}/0`, path: `${containers}/-` },
    { op: "replace", path: `${containers}/3/name`, value: "copy" },
  ],
  [{ op: "frob", path: "/a" }],
  { op: "add" },
  ["x"],
];

test.each(jsonPatches.map((patch) => ({ name: JSON.stringify(patch), patch })))(
  "JSON patch $name",
  ({ patch }) =>
    compare(patch, "application/json-patch+json", () => applyJsonPatch(current, patch)),
);

describe("selectors are understood, or refused in the same words", () => {
  const said = (parse: (text: string) => unknown, text: string): string => {
    try {
      parse(text);
      return "";
    } catch (error) {
      if (error instanceof SelectorError) return error.message;
      throw error;
    }
  };

  const labelSelectors =
    "a=b,c|a in (x,y),!z|a notin ()|a=b=c|a in x|=|a,,b|a>1|a>b|-x=1|a=-x|a!|!|a in (b|a b|x in (,)|a in (b,c,)|a===b|(a)|a=(b)|in=in|notin notin (notin)|a,|a in (b))";
  test.each(labelSelectors.split("|"))("labels %s", async (labelSelector) => {
    const { status, value } = await ask("GET", collection, undefined, { query: { labelSelector } });
    expect(status === 200 ? "" : value["message"]).toBe(said(parseLabelSelector, labelSelector));
  });

  const fieldSelectors =
    "metadata.name=a|metadata.name|metadata.name=a=b|metadata.name=a\\q|metadata.name!=x,metadata.namespace=default";
  test.each(fieldSelectors.split("|"))("fields %s", async (fieldSelector) => {
    const { status, value } = await ask("GET", collection, undefined, { query: { fieldSelector } });
    expect(status === 200 ? "" : value["message"]).toBe(said(parseFieldSelector, fieldSelector));
  });
});
