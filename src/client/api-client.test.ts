import { describe, expect, test } from "vitest";
import type { JsonObject } from "../k8s/json.ts";
import { deployments, events, nodes, pods } from "../k8s/resources.ts";
import { encodeProtobuf } from "../k8s/schema/protobuf.ts";
import { notFound } from "../k8s/status.ts";
import type { ApiRequest, ApiResponse } from "../k8s/transport.ts";
import { type ClientOptions, createClient } from "./api-client.ts";
import type { Client } from "./client.ts";
import type { TokenBucket } from "./flow-control.ts";

/** A client whose requests are all answered by `response`, and what it has sent. */
function setUp(
  response: Partial<ApiResponse> = {},
  options: Omit<ClientOptions, "transport"> = {},
) {
  const sent: ApiRequest[] = [];
  const answer: ApiResponse = {
    status: 200,
    headers: {},
    body: { kind: "object", value: { kind: "Node" } },
    ...response,
  };
  const client = createClient({
    transport: async (request) => {
      sent.push(request);
      return answer;
    },
    ...options,
  });
  return { client, sent };
}

const text = (value: string): ApiResponse["body"] => ({ kind: "bytes", bytes: Buffer.from(value) });
const metadata = { name: "a b", namespace: "ns" };
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  spec: { containers: [] },
  metadata: { ...metadata, uid: "u", resourceVersion: "1", creationTimestamp: "" },
};

test.each<{
  readonly name: string;
  readonly call: (client: Client) => Promise<unknown>;
  readonly says: string;
  readonly query?: object;
  readonly body?: object;
  readonly type?: string;
}>([
  {
    name: "get",
    call: (client) => client.get(pods, metadata),
    says: "GET /api/v1/namespaces/ns/pods/a%20b",
  },
  {
    name: "list",
    call: (client) => client.list(deployments, { namespace: "ns", labelSelector: "a=b" }),
    says: "GET /apis/apps/v1/namespaces/ns/deployments",
    query: { labelSelector: "a=b" },
  },
  {
    name: "list of a page",
    call: (client) =>
      client.list(nodes, {
        limit: 5,
        continue: "c",
        resourceVersion: "7",
        resourceVersionMatch: "Exact",
      }),
    says: "GET /api/v1/nodes",
    query: { limit: "5", continue: "c", resourceVersion: "7", resourceVersionMatch: "Exact" },
  },
  {
    name: "create",
    call: (client) => client.create(pods, pod),
    says: "POST /api/v1/namespaces/ns/pods",
    body: pod,
    type: "application/json",
  },
  {
    name: "create of a subresource",
    call: (client) => client.createSubresource(pods, metadata, "binding", { kind: "Binding" }),
    says: "POST /api/v1/namespaces/ns/pods/a%20b/binding",
    body: { kind: "Binding" },
    type: "application/json",
  },
  {
    name: "update of a status",
    call: (client) =>
      client.update(pods, pod, { subresource: "status", fieldManager: "me", dryRun: "All" }),
    says: "PUT /api/v1/namespaces/ns/pods/a%20b/status",
    query: { fieldManager: "me", dryRun: "All" },
    body: pod,
    type: "application/json",
  },
  {
    name: "patch",
    call: (client) =>
      client.patch(
        nodes,
        { name: "n" },
        "application/apply-patch+yaml",
        { a: 1 },
        { fieldManager: "me", force: true },
      ),
    says: "PATCH /api/v1/nodes/n",
    query: { fieldManager: "me", force: "true" },
    body: { a: 1 },
    type: "application/apply-patch+yaml",
  },
  {
    name: "delete",
    call: (client) => client.delete(nodes, { name: "n" }),
    says: "DELETE /api/v1/nodes/n",
  },
  {
    name: "delete with options",
    call: (client) =>
      client.delete(pods, metadata, { gracePeriodSeconds: 0, preconditions: { uid: "u" } }),
    says: "DELETE /api/v1/namespaces/ns/pods/a%20b",
    body: {
      kind: "DeleteOptions",
      apiVersion: "v1",
      gracePeriodSeconds: 0,
      preconditions: { uid: "u" },
    },
    type: "application/json",
  },
])("the request of a $name", async ({ call, says, query, body, type }) => {
  const { client, sent } = setUp({ body: { kind: "object", value: { items: [], metadata: {} } } });
  await call(client);
  expect(sent.length).toBe(1);
  const [request] = sent;
  expect(`${request?.method} ${request?.path}`).toBe(says);
  expect(request?.query ?? {}).toEqual(query ?? {});
  expect(request?.body).toEqual(body === undefined ? undefined : { kind: "object", value: body });
  expect(request?.headers).toEqual({
    accept: "application/json, */*",
    "user-agent": "hollowmark",
    ...(type === undefined ? {} : { "content-type": type }),
  });
});

test("objects of this process are passed on as they are, both ways", async () => {
  const value: JsonObject = { kind: "Pod", metadata: {} };
  const { client, sent } = setUp({ body: { kind: "object", value } });
  expect(await client.create(pods, pod)).toBe(value);
  const [request] = sent;
  expect(request?.body?.kind === "object" && request.body.value).toBe(pod);
});

test("items of a list get the kind that a server leaves out; items that have it stay what they are", async () => {
  const items = [{ metadata: { name: "a" } }];
  const list = text(JSON.stringify({ kind: "PodList", metadata: { resourceVersion: "5" }, items }));
  const { items: typed } = await setUp({ body: list }).client.list(pods);
  expect(typed).toEqual([{ apiVersion: "v1", kind: "Pod", metadata: { name: "a" } }]);
  const value: JsonObject = { metadata: {}, items: [{ kind: "Pod" }] };
  const { client } = setUp({ body: { kind: "object", value } });
  expect((await client.list(pods)).items).toBe(value["items"]);
  const none = setUp({ body: text('{"metadata":{},"items":null}') });
  expect((await none.client.list(pods)).items).toEqual([]);
});

const status = { kind: "Status", reason: "NotFound", message: 'pods "a" not found', code: 404 };

test.each<{
  readonly name: string;
  readonly response: Partial<ApiResponse>;
  readonly error: object;
}>([
  {
    name: "a Status",
    response: { status: 404, body: text(JSON.stringify(status)) },
    error: { code: 404, reason: "NotFound", message: 'pods "a" not found' },
  },
  {
    name: "a Status that is an object",
    response: { status: 404, body: { kind: "object", value: status } },
    error: { code: 404, reason: "NotFound", message: 'pods "a" not found' },
  },
  {
    name: "text",
    response: { status: 404, body: text("404 page not found\n") },
    error: {
      code: 404,
      reason: "NotFound",
      message: "the server could not find the requested resource",
    },
  },
  {
    name: "text of a proxy, cut to its first line",
    response: { status: 502, body: text("<html>\n<body>bad gateway") },
    error: { code: 502, reason: "Unknown", message: "the server answered HTTP 502: <html>" },
  },
  {
    name: "nothing, with a time to wait",
    response: { status: 503, headers: { "retry-after": "7" }, body: { kind: "none" } },
    error: {
      reason: "ServiceUnavailable",
      message: "the server is currently unable to handle the request",
      status: { details: { retryAfterSeconds: 7 } },
    },
  },
])("a refusal in $name is an ApiError", async ({ response, error }) => {
  const { client } = setUp(response);
  await expect(client.get(pods, metadata)).rejects.toMatchObject({ name: "ApiError", ...error });
  await expect(client.watch(pods, {}, { events() {}, closed() {} })).rejects.toMatchObject({
    name: "ApiError",
    ...error,
  });
});

test.each([
  { name: "a page of HTML", body: text("<html>log in</html>") },
  { name: "a list", body: text("[]") },
])("an answer that is $name is of no API server", async ({ body }) => {
  const { client } = setUp({ headers: { "content-type": "text/html" }, body });
  await expect(client.get(pods, metadata)).rejects.toMatchObject({
    name: "TransportError",
    reason: "protocol",
    message: "expected an answer in JSON, found text/html",
  });
});

test("a watch is opened with its options, and its handle ends it", async () => {
  let stopped = false;
  const seen: unknown[] = [];
  const { client, sent } = setUp({
    body: {
      kind: "watch",
      open(sink) {
        sink.events([{ type: "ADDED", object: { kind: "Event" } }]);
        return {
          stop() {
            stopped = true;
          },
        };
      },
    },
  });
  const handle = await client.watch(
    events,
    {
      resourceVersion: "5",
      allowWatchBookmarks: true,
      sendInitialEvents: true,
      timeoutSeconds: 300,
    },
    { events: (batch) => void seen.push(...batch), closed() {} },
  );
  expect(sent[0]?.query).toEqual({
    watch: "true",
    resourceVersion: "5",
    allowWatchBookmarks: "true",
    sendInitialEvents: "true",
    timeoutSeconds: "300",
  });
  expect(seen).toEqual([{ type: "ADDED", object: { kind: "Event" } }]);
  handle.stop();
  expect(stopped).toBe(true);
});

describe("a client that speaks protobuf", () => {
  const options = { contentType: "application/vnd.kubernetes.protobuf" } as const;

  test("says so of its bodies, but for those of patches, and asks for it", async () => {
    const { client, sent } = setUp({}, options);
    await client.create(pods, pod);
    await client.delete(pods, metadata, { gracePeriodSeconds: 0 });
    await client.patch(pods, metadata, "application/strategic-merge-patch+json", {});
    const types = sent.map(({ headers }) => headers?.["content-type"]);
    expect(types).toEqual([
      "application/vnd.kubernetes.protobuf",
      "application/vnd.kubernetes.protobuf",
      "application/strategic-merge-patch+json",
    ]);
    const accepted = new Set(sent.map(({ headers }) => headers?.["accept"]));
    expect([...accepted]).toEqual(["application/vnd.kubernetes.protobuf, */*"]);
  });

  test.each<{ readonly name: string; readonly object: JsonObject }>([
    { name: "an object", object: { kind: "Node", apiVersion: "v1", metadata: { name: "a" } } },
    { name: "no object of a built-in kind", object: { kind: "Foo", apiVersion: "x.io/v1" } },
  ])("reads answers by their type: $name", async ({ object }) => {
    const isKnown = object["kind"] === "Node";
    const bytes = isKnown ? encodeProtobuf(object) : Buffer.from(JSON.stringify(object));
    const type = isKnown ? "application/vnd.kubernetes.protobuf" : "application/json";
    const body = { kind: "bytes", bytes } as const;
    const { client } = setUp({ headers: { "content-type": type }, body }, options);
    expect(await client.get(nodes, { name: "a" })).toMatchObject(object);
  });

  test("reads refusals by their type", async () => {
    const bytes = encodeProtobuf(notFound(nodes, "a") as unknown as JsonObject);
    const headers = { "content-type": "application/vnd.kubernetes.protobuf" };
    const body = { kind: "bytes", bytes } as const;
    const { client } = setUp({ status: 404, headers, body }, options);
    await expect(client.get(nodes, { name: "a" })).rejects.toMatchObject({
      code: 404,
      reason: "NotFound",
      message: 'nodes "a" not found',
    });
  });
});

test("a client's time limit is in every request, its own limit in a list's place", async () => {
  const { client, sent } = setUp({}, { requestTimeout: "10s" });
  await client.get(nodes, metadata, { resourceVersion: "0" });
  await client.update(pods, pod);
  await client.list(pods, { limit: 5, resourceVersion: "0", timeout: "3s" });
  await client.delete(pods, metadata);
  expect(sent.map(({ query }) => query)).toEqual([
    { resourceVersion: "0", timeout: "10s" },
    { timeout: "10s" },
    { limit: "5", resourceVersion: "0", timeout: "3s" },
    { timeout: "10s" },
  ]);
});

test("a limiter is asked before each request, but not before a watch, as in client-go", async () => {
  const taken: string[] = [];
  const limiter: TokenBucket = {
    take: async () => void taken.push("take"),
    tryTake: () => true,
  };
  const open = () => ({ stop() {} });
  const { client, sent } = setUp({ body: { kind: "watch", open } }, { limiter });
  await client.watch(pods, {}, { events() {}, closed() {} });
  expect([sent.length, taken.length]).toEqual([1, 0]);
  await client.delete(pods, metadata).catch(() => {});
  expect([sent.length, taken.length]).toEqual([2, 1]);
});

test("the parameters of a watch are those of client-go, in its order", async () => {
  const open = () => ({ stop() {} });
  const { client, sent } = setUp({ body: { kind: "watch", open } });
  const watch = {
    allowWatchBookmarks: true,
    fieldSelector: "metadata.name=a",
    resourceVersion: "5",
    timeoutSeconds: 301,
    timeout: "5m1s",
  };
  await client.watch(nodes, watch, { events() {}, closed() {} });
  expect(Object.entries(sent[0]?.query ?? {}).map(([name, value]) => `${name}=${value}`)).toEqual([
    "allowWatchBookmarks=true",
    "fieldSelector=metadata.name=a",
    "resourceVersion=5",
    "timeout=5m1s",
    "timeoutSeconds=301",
    "watch=true",
  ]);
});
