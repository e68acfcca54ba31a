import { expect, test } from "vitest";
import { createTestServer, type TestServer } from "../api-server.fixture.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const namespaces = "/api/v1/namespaces";
const pods = "/api/v1/namespaces/default/pods";

async function serverWithPod(extra: object = {}): Promise<TestServer> {
  const server = createTestServer();
  const { call } = server;
  await call("POST", "/api/v1/namespaces/default/serviceaccounts", {
    metadata: { name: "default" },
  });
  const { status, value } = await call("POST", pods, {
    metadata: { name: "p", ...extra },
    spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] },
  });
  expect([status, value.message]).toEqual([201, undefined]);
  return server;
}

test("a pod on a node has its grace period, which only gets shorter", async () => {
  const { call, watch, clock } = await serverWithPod();
  const watched = await watch(`${pods}?watch=1`);
  const first = await call("DELETE", `${pods}/p`);
  expect(first.value.metadata).toMatchObject({
    deletionTimestamp: "2026-01-01T00:00:30Z",
    deletionGracePeriodSeconds: 30,
    generation: 2,
  });
  expect((await call("DELETE", `${pods}/p`, { gracePeriodSeconds: 60 })).value).toEqual(
    first.value,
  );
  await clock.advance(5_000);
  const shorter = await call("DELETE", `${pods}/p`, { gracePeriodSeconds: 10 });
  expect(shorter.value.metadata).toMatchObject({
    deletionTimestamp: "2026-01-01T00:00:10Z",
    deletionGracePeriodSeconds: 10,
  });
  await call("DELETE", `${pods}/p`, { gracePeriodSeconds: 0 });
  expect((await call("GET", `${pods}/p`)).status).toBe(404);
  expect(watched.events.map(({ type }) => type)).toEqual([
    "ADDED",
    "MODIFIED",
    "MODIFIED",
    "DELETED",
  ]);
});

test("finalizers outlast the grace period, and the last one to go takes the object along", async () => {
  const { call, watch } = await serverWithPod({ finalizers: ["a.io/b"] });
  const watched = await watch(`${pods}?watch=1`);
  await call("DELETE", `${pods}/p`, { gracePeriodSeconds: 0 });
  const waiting = await call("GET", `${pods}/p`);
  expect(waiting.value.metadata).toMatchObject({ deletionGracePeriodSeconds: 0 });
  const refused = await call("PATCH", `${pods}/p`, {
    metadata: { finalizers: ["a.io/b", "a.io/c"] },
  });
  expect(refused.value.message).toContain("no new finalizers can be added");
  const last = await call("PATCH", `${pods}/p`, { metadata: { finalizers: null } });
  expect(last).toMatchObject({ status: 200, value: { metadata: { name: "p" } } });
  expect((await call("GET", `${pods}/p`)).status).toBe(404);
  expect(watched.events.at(-1)).toMatchObject({ type: "DELETED" });
  expect(watched.events.at(-1)?.object["metadata"]).not.toHaveProperty("finalizers");
});

test.each([
  { propagationPolicy: "Foreground", finalizers: ["foregroundDeletion"] },
  { propagationPolicy: "Orphan", finalizers: ["orphan"] },
])(
  "propagation $propagationPolicy is left to the garbage collector",
  async ({ propagationPolicy, finalizers }) => {
    const { call } = createTestServer();
    await call("POST", configMaps, { metadata: { name: "a" } });
    const { value } = await call("DELETE", `${configMaps}/a`, { propagationPolicy });
    expect(value.metadata).toMatchObject({
      finalizers,
      deletionTimestamp: "2026-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 0,
    });
    const again = await call("DELETE", `${configMaps}/a`, { propagationPolicy: "Background" });
    expect(again.value.status).toBe("Success");
  },
);

test.each([
  { name: "another uid", body: { preconditions: { uid: "x" } }, code: 409 },
  { name: "another version", body: { preconditions: { resourceVersion: "1" } }, code: 409 },
  { name: "an unknown policy", body: { propagationPolicy: "Some" }, code: 422 },
  {
    name: "two policies",
    body: { propagationPolicy: "Orphan", orphanDependents: true },
    code: 422,
  },
  { name: "another kind of body", body: { kind: "Pod" }, code: 400 },
])("a delete with $name is refused", async ({ body, code }) => {
  const { call } = createTestServer();
  await call("POST", configMaps, { metadata: { name: "a" } });
  expect((await call("DELETE", `${configMaps}/a`, body)).status).toBe(code);
  expect((await call("GET", `${configMaps}/a`)).status).toBe(200);
});

test("a collection is deleted by selector, and answers with what it was", async () => {
  const { call } = createTestServer();
  for (const name of ["a", "b", "c"]) {
    await call("POST", configMaps, { metadata: { name, labels: { odd: String(name !== "b") } } });
  }
  const { value } = await call("DELETE", `${configMaps}?labelSelector=odd%3Dtrue`);
  expect(value).toMatchObject({
    kind: "ConfigMapList",
    items: [{ metadata: { name: "a" } }, { metadata: { name: "c" } }],
  });
  expect((await call("GET", configMaps)).value.items).toMatchObject([{ metadata: { name: "b" } }]);
});

test("a namespace ends by its finalizers, and takes in nothing meanwhile", async () => {
  const { call } = createTestServer();
  await call("POST", namespaces, { metadata: { name: "ns" } });
  const inside = `${namespaces}/ns/configmaps`;
  expect((await call("POST", inside, { metadata: { name: "a" } })).status).toBe(201);
  const deleted = await call("DELETE", `${namespaces}/ns`);
  expect(deleted.value).toMatchObject({
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Terminating" },
  });
  expect((await call("POST", inside, { metadata: { name: "b" } })).value).toMatchObject({
    code: 403,
    message:
      'configmaps "b" is forbidden: unable to create new content in namespace ns because it is being terminated',
    details: { causes: [{ reason: "NamespaceTerminating" }] },
  });
  expect(
    (await call("PATCH", `${namespaces}/ns`, { spec: { finalizers: null } })).value.spec,
  ).toEqual({
    finalizers: ["kubernetes"],
  });
  await call("PUT", `${namespaces}/ns/finalize`, { metadata: { name: "ns" }, spec: {} });
  expect((await call("GET", `${namespaces}/ns`)).status).toBe(404);
  expect((await call("POST", inside, { metadata: { name: "c" } })).value).toMatchObject({
    code: 404,
    message: 'namespaces "ns" not found',
  });
});

test("the namespaces of the system cannot be deleted", async () => {
  const { call } = createTestServer();
  expect((await call("DELETE", `${namespaces}/default`)).value).toMatchObject({
    code: 403,
    message: 'namespaces "default" is forbidden: this namespace may not be deleted',
  });
});
