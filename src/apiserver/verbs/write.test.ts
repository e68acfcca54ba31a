import { expect, test } from "vitest";
import { createTestServer } from "../api-server.fixture.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

const deployment = (name: string): object => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "c", image: "i" }] },
    },
  },
});

test.each([
  {
    name: "a name that is taken",
    body: { metadata: { name: "taken" } },
    code: 409,
    message: 'configmaps "taken" already exists',
  },
  {
    name: "another namespace than the path's",
    body: { metadata: { name: "a", namespace: "b" } },
    code: 400,
    message:
      "the namespace of the provided object does not match the namespace sent on the request",
  },
  {
    name: "another kind",
    body: { kind: "Pod", metadata: { name: "a" } },
    code: 400,
    message: 'Pod in version "v1" cannot be handled as a ConfigMap',
  },
  {
    name: "another version",
    body: { apiVersion: "v2", metadata: { name: "a" } },
    code: 400,
    message: "the API version in the data (v2) does not match the expected API version (v1)",
  },
  {
    name: "a value of a wrong type",
    body: { metadata: { name: "a" }, data: { b: 1 } },
    code: 400,
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  },
  {
    name: "no name",
    body: { metadata: {} },
    code: 422,
    message:
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  },
  {
    name: "a bad name",
    body: { metadata: { name: "A" } },
    code: 422,
    message:
      /^ConfigMap "A" is invalid: metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain/,
  },
  {
    name: "bad labels",
    body: { metadata: { name: "a", labels: { "a b": "c" } } },
    code: 422,
    message: /metadata.labels: Invalid value/,
  },
  {
    name: "a resource version",
    body: { metadata: { name: "a", resourceVersion: "1" } },
    code: 500,
    message: "resourceVersion should not be set on objects to be created",
  },
])("an object with $name is not created", async ({ body, code, message }) => {
  const { call } = createTestServer();
  await call("POST", configMaps, { metadata: { name: "taken" } });
  const { status, value } = await call("POST", configMaps, body);
  expect(status).toBe(code);
  expect(value.message).toMatch(message);
});

test("what only the server may say is not taken from the client", async () => {
  const { call } = createTestServer();
  const { value } = await call("POST", configMaps, {
    metadata: {
      name: "a",
      uid: "mine",
      creationTimestamp: "2001-01-01T00:00:00Z",
      deletionTimestamp: "2001-01-01T00:00:00Z",
      generation: 7,
      managedFields: [{ manager: "m" }],
    },
  });
  expect(value.metadata).toEqual({
    name: "a",
    namespace: "default",
    uid: expect.not.stringContaining("mine"),
    resourceVersion: expect.stringMatching(/^\d+$/),
    creationTimestamp: "2026-01-01T00:00:00Z",
  });
});

test("names are generated, and differ", async () => {
  const { call } = createTestServer();
  const names = new Set<string>();
  for (let count = 0; count < 20; count += 1) {
    const { value } = await call("POST", configMaps, { metadata: { generateName: "a-" } });
    expect(value.metadata.name).toMatch(/^a-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    names.add(value.metadata.name);
  }
  expect(names.size).toBe(20);
});

test("fields that the type does not have are dropped, warned of, or refused", async () => {
  const { call } = createTestServer();
  const body = { metadata: { name: "a", one: 1 }, two: 2 };
  const ignored = await call("POST", `${configMaps}?dryRun=All&fieldValidation=Ignore`, body);
  expect(ignored.headers["warning"]).toBeUndefined();
  const warned = await call("POST", `${configMaps}?dryRun=All`, body);
  expect(warned.headers["warning"]).toBe(
    String.raw`299 - "unknown field \"metadata.one\"", 299 - "unknown field \"two\""`,
  );
  expect(warned.value).not.toHaveProperty("two");
  const refused = await call("POST", `${configMaps}?fieldValidation=Strict`, body);
  expect(refused.value).toMatchObject({
    code: 400,
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.one", unknown field "two"',
  });
});

test("a dry run leaves no trace", async () => {
  const { call } = createTestServer();
  const tried = await call("POST", `${configMaps}?dryRun=All`, { metadata: { name: "a" } });
  expect(tried).toMatchObject({ status: 201, value: { metadata: { name: "a" } } });
  expect((await call("GET", `${configMaps}/a`)).status).toBe(404);
  const { value: stored } = await call("POST", configMaps, { metadata: { name: "a" } });
  const patched = await call("PATCH", `${configMaps}/a?dryRun=All`, { data: { b: "c" } });
  expect(patched.value.data).toEqual({ b: "c" });
  await call("DELETE", `${configMaps}/a?dryRun=All`);
  expect((await call("GET", `${configMaps}/a`)).value).toEqual(stored);
});

test("a write that changes nothing keeps the version and makes no event", async () => {
  const { call, watch } = createTestServer();
  const { value } = await call("POST", configMaps, { metadata: { name: "a" }, data: { b: "c" } });
  const watched = await watch(
    `${configMaps}?watch=1&resourceVersion=${value.metadata.resourceVersion}`,
  );
  const put = await call("PUT", `${configMaps}/a`, { metadata: { name: "a" }, data: { b: "c" } });
  const patch = await call("PATCH", `${configMaps}/a`, { data: { b: "c" } });
  expect(put.value).toEqual(value);
  expect(patch.value).toEqual(value);
  expect(watched.events).toEqual([]);
});

test("the generation counts changes of the spec, and of nothing else", async () => {
  const { call } = createTestServer();
  const generations: number[] = [];
  const note = ({ value }: { value: { metadata: { generation: number } } }): void => {
    generations.push(value.metadata.generation);
  };
  note(await call("POST", deployments, deployment("d")));
  note(await call("PATCH", `${deployments}/d`, { metadata: { labels: { a: "b" } } }));
  note(await call("PATCH", `${deployments}/d`, { spec: { replicas: 2 } }));
  note(
    await call("PATCH", `${deployments}/d/status`, {
      spec: { replicas: 9 },
      status: { replicas: 2 },
    }),
  );
  note(await call("PATCH", `${deployments}/d`, { status: { replicas: 7 } }));
  expect(generations).toEqual([1, 1, 2, 2, 2]);
  const { spec, status } = (await call("GET", `${deployments}/d`)).value;
  expect([spec.replicas, status.replicas]).toEqual([2, 2]);
});

test.each([
  {
    name: "a stale version",
    body: { metadata: { name: "a", resourceVersion: "1" } },
    code: 409,
    message: /the object has been modified/,
  },
  {
    name: "another uid",
    body: { metadata: { name: "a", uid: "x" } },
    code: 409,
    message: /Precondition failed: UID/,
  },
  {
    name: "another name",
    body: { metadata: { name: "b" } },
    code: 400,
    message: "the name of the object (b) does not match the name on the URL (a)",
  },
  {
    name: "a time of deletion",
    body: { metadata: { name: "a", deletionTimestamp: "2001-01-01T00:00:00Z" } },
    code: 422,
    message: /metadata.deletionTimestamp.*field is immutable/,
  },
])("an update with $name is refused", async ({ body, code, message }) => {
  const { call } = createTestServer();
  await call("POST", configMaps, { metadata: { name: "a" } });
  const { status, value } = await call("PUT", `${configMaps}/a`, body);
  expect(status).toBe(code);
  expect(value.message).toMatch(message);
});

test("a lease is created by its update, and updated only at its version", async () => {
  const { call } = createTestServer();
  const created = await call("PUT", `${leases}/a`, { metadata: { name: "a" } });
  expect(created.status).toBe(201);
  const blind = await call("PUT", `${leases}/a`, { metadata: { name: "a" } });
  expect(blind.value).toMatchObject({
    code: 422,
    message: expect.stringContaining("metadata.resourceVersion: Invalid value"),
  });
  const renewed = await call("PUT", `${leases}/a`, {
    ...created.value,
    spec: { holderIdentity: "me" },
  });
  expect(renewed).toMatchObject({ status: 200, value: { spec: { holderIdentity: "me" } } });
});

test.each([
  { type: "application/json-patch+json", patch: [{ op: "add", path: "/data/b", value: "2" }] },
  { type: "application/merge-patch+json", patch: { data: { b: "2" } } },
  { type: "application/strategic-merge-patch+json", patch: { data: { b: "2" } } },
])("a patch of type $type is applied", async ({ type, patch }) => {
  const { call } = createTestServer();
  await call("POST", configMaps, { metadata: { name: "a" }, data: { a: "1" } });
  const { value } = await call("PATCH", `${configMaps}/a`, patch, { "content-type": type });
  expect(value.data).toEqual({ a: "1", b: "2" });
});

test.each([
  { name: "of an unknown type", type: "application/json", patch: {}, code: 415 },
  { name: "of server-side apply", type: "application/apply-patch+yaml", patch: {}, code: 415 },
  {
    name: "that is no patch",
    type: "application/json-patch+json",
    patch: { op: "add" },
    code: 400,
  },
  {
    name: "whose test fails",
    type: "application/json-patch+json",
    patch: [{ op: "test", path: "/kind", value: "Pod" }],
    code: 422,
  },
  {
    name: "that renames",
    type: "application/merge-patch+json",
    patch: { metadata: { name: "b" } },
    code: 400,
  },
  {
    name: "at a stale version",
    type: "application/merge-patch+json",
    patch: { metadata: { resourceVersion: "1" } },
    code: 409,
  },
  {
    name: "to a wrong type",
    type: "application/merge-patch+json",
    patch: { data: { a: 1 } },
    code: 422,
  },
])("a patch $name is refused with $code", async ({ type, patch, code }) => {
  const { call } = createTestServer();
  await call("POST", configMaps, { metadata: { name: "a" }, data: { a: "1" } });
  const { status, value } = await call("PATCH", `${configMaps}/a`, patch, { "content-type": type });
  expect(status).toBe(code);
  expect(value.kind).toBe("Status");
});
