import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import type { ApiRequest } from "../k8s/transport.ts";
import { createTestServer } from "./api-server.fixture.ts";
import { createApiServer } from "./api-server.ts";

const tokens = { secret: { name: "somebody", groups: ["people"] } };
const whoAmI: ApiRequest = {
  method: "POST",
  path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
  body: { kind: "object", value: {} },
};

test.each([
  { name: "nobody", request: {}, expected: undefined },
  {
    name: "an unknown token",
    request: { headers: { authorization: "Bearer guess" } },
    expected: undefined,
  },
  {
    name: "a known token",
    request: { headers: { authorization: "Bearer secret" } },
    expected: ["somebody", ["people", "system:authenticated"]],
  },
  {
    name: "a trusted user",
    request: { user: { name: "me", groups: [] } },
    expected: ["me", ["system:authenticated"]],
  },
  {
    name: "a user who acts as another",
    request: {
      user: { name: "me", groups: [] },
      headers: { "impersonate-user": "you", "impersonate-group": "a, b" },
    },
    expected: ["you", ["a", "b", "system:authenticated"]],
  },
])("a request of $name is of $expected", async ({ request, expected }) => {
  const { handle } = createApiServer({ tokens }, createTestEnv());
  const { status, body } = await handle({ ...whoAmI, ...request });
  if (expected === undefined) {
    expect(status).toBe(401);
    expect(body).toMatchObject({ value: { reason: "Unauthorized", message: "Unauthorized" } });
    return;
  }
  const [username, groups] = expected;
  expect(body).toMatchObject({ value: { status: { userInfo: { username, groups } } } });
});

test.each(["/healthz", "/livez", "/readyz", "/readyz/ping", "/version"])(
  "anybody may ask for %s",
  async (path) => {
    const { handle } = createApiServer({}, createTestEnv());
    expect((await handle({ method: "GET", path })).status).toBe(200);
  },
);

test.each([
  { path: "/nonsense", status: 404, kind: undefined },
  { path: "/apis/nonsense", status: 404, kind: undefined },
  { path: "/apis/nonsense/v1/things", status: 404, kind: undefined },
  { path: "/api/v1/nonsense", status: 404, kind: "Status" },
  { path: "/api/v1/namespaces/default/nodes", status: 404, kind: "Status" },
  { path: "/api/v1/pods/p", status: 404, kind: "Status" },
  { path: "/api", status: 200, kind: "APIVersions" },
  { path: "/api/v1", status: 200, kind: "APIResourceList" },
  { path: "/apis", status: 200, kind: "APIGroupList" },
  { path: "/apis/apps", status: 200, kind: "APIGroup" },
  { path: "/apis/apps/v1", status: 200, kind: "APIResourceList" },
  { path: "/openapi/v2", status: 404, kind: undefined },
  { path: "/api/v1/pods", status: 200, kind: "PodList" },
])("GET $path answers $status with a $kind", async ({ path, status, kind }) => {
  const { call } = createTestServer();
  const answer = await call("GET", path);
  expect([answer.status, answer.value?.kind]).toEqual([status, kind]);
});

test.each([
  { method: "POST", path: "/api/v1/pods" },
  { method: "DELETE", path: "/api/v1/pods" },
  { method: "PUT", path: "/api/v1/nodes" },
  { method: "POST", path: "/api/v1/nodes/n" },
  { method: "POST", path: "/version" },
  { method: "DELETE", path: "/api/v1/componentstatuses/a" },
] as const)("$method $path is not allowed", async ({ method, path }) => {
  const { call } = createTestServer();
  expect((await call(method, path, {})).value).toMatchObject({
    code: 405,
    reason: "MethodNotAllowed",
  });
});

test("an OpenAPI document is cached by its hash, and a stale hash leads to the one of now", async () => {
  const { call } = createTestServer();
  const { value } = await call("GET", "/openapi/v3");
  const url: string = value.paths["apis/apps/v1"].serverRelativeURL;
  const document = await call("GET", url);
  expect(document.headers["cache-control"]).toBe("public, immutable");
  expect(document.headers["etag"]).toBe(`"${url.split("hash=")[1]}"`);
  const stale = await call("GET", "/openapi/v3/apis/apps/v1?hash=stale");
  expect(stale).toMatchObject({ status: 301, headers: { location: url } });
});

test("what discovery lists can be listed", async () => {
  const { call } = createTestServer();
  const { value } = await call("GET", "/apis", undefined, {
    accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  });
  const paths = value.items.flatMap(
    ({ metadata, versions }: { metadata: { name: string }; versions: readonly Version[] }) =>
      versions.flatMap(({ version, resources }) =>
        resources
          .filter(({ verbs }) => verbs.includes("list"))
          .map(({ resource }) => `/apis/${metadata.name}/${version}/${resource}`),
      ),
  );
  expect(paths).toContain("/apis/apps/v1/deployments");
  for (const path of paths) expect([path, (await call("GET", path)).status]).toEqual([path, 200]);
});

interface Version {
  readonly version: string;
  readonly resources: readonly { readonly resource: string; readonly verbs: readonly string[] }[];
}

test.each([
  {
    as: "Table",
    expected: { kind: "Table", rows: [{ object: { kind: "PartialObjectMetadata" } }] },
  },
  {
    as: "PartialObjectMetadataList",
    expected: { kind: "PartialObjectMetadataList", items: [{ kind: "PartialObjectMetadata" }] },
  },
])("a list can be had as a $as", async ({ as, expected }) => {
  const { call } = createTestServer();
  const accept = `application/json;as=${as};v=v1;g=meta.k8s.io`;
  const { value } = await call("GET", "/api/v1/services", undefined, { accept });
  expect(value).toMatchObject(expected);
});

test("a fresh server has the objects of a fresh cluster", async () => {
  const { call } = createTestServer();
  const { value } = await call("GET", "/api/v1/namespaces");
  expect(value.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
    "default",
    "kube-node-lease",
    "kube-public",
    "kube-system",
  ]);
});

test("a request that was given up is not answered", async () => {
  const { server } = createTestServer();
  const signal = AbortSignal.abort(new Error("given up"));
  await expect(server.handle({ method: "GET", path: "/version", signal })).rejects.toThrow(
    "given up",
  );
});
