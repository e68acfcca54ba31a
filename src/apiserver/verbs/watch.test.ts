import { expect, test } from "vitest";
import { createTestServer } from "../api-server.fixture.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const nodes = "/api/v1/nodes";

test("a watch begins with what is there, or with what came after its version", async () => {
  const { call, watch } = createTestServer();
  const { value } = await call("POST", configMaps, { metadata: { name: "a" } });
  const version = Number(value.metadata.resourceVersion);
  const all = await watch(`${configMaps}?watch=1`);
  const later = await watch(`${configMaps}?watch=1&resourceVersion=${version}`);
  await call("PATCH", `${configMaps}/a`, { data: { b: "c" } });
  await call("DELETE", `${configMaps}/a`);
  const live = [`MODIFIED a @${version + 1}`, `DELETED a @${version + 2}`];
  expect(all.lines()).toEqual([`ADDED a @${version}`, ...live]);
  expect(later.lines()).toEqual(live);
});

test("a watch that streams its list marks the end of it", async () => {
  const { call, watch } = createTestServer();
  await call("POST", configMaps, { metadata: { name: "a" } });
  const streamed = await watch(
    `${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  );
  expect(streamed.events.map(({ type }) => type)).toEqual(["ADDED", "BOOKMARK"]);
  expect(streamed.events[1]?.object).toMatchObject({
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { annotations: { "k8s.io/initial-events-end": "true" } },
  });
});

test("bookmarks come once a minute and before the end", async () => {
  const { call, watch, clock } = createTestServer();
  const watched = await watch(
    `${configMaps}?watch=1&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=150`,
  );
  const { value } = await call("POST", nodes, { metadata: { name: "n" } });
  await clock.advance(149_000);
  const bookmark = `BOOKMARK @${value.metadata.resourceVersion}`;
  expect(watched.lines()).toEqual([bookmark, bookmark]);
  expect(watched.isClosed).toBe(false);
  await clock.advance(1_000);
  expect(watched.lines()).toHaveLength(3);
  expect(watched.isClosed).toBe(true);
});

test("a version whose history is gone is answered by an event, and so is one of another server", async () => {
  const { call, watch, clock } = createTestServer();
  await call("POST", configMaps, { metadata: { name: "a" } });
  for (let count = 0; count < 200; count += 1) {
    await clock.advance(1_000);
    await call("PATCH", `${configMaps}/a`, { data: { count: String(count) } });
  }
  for (const version of [1, 999_999]) {
    const watched = await watch(`${configMaps}?watch=1&resourceVersion=${version}`);
    expect(watched.lines()).toEqual(["ERROR @410"]);
    expect(watched.isClosed).toBe(true);
  }
});

test("a watch of one object, by its path or its name, hears of no other", async () => {
  const { call, watch } = createTestServer();
  const byPath = await watch(`${configMaps}/a?watch=1`);
  const byName = await watch(`${configMaps}?watch=1&fieldSelector=metadata.name%3Da`);
  for (const name of ["a", "b"]) await call("POST", configMaps, { metadata: { name } });
  for (const { events } of [byPath, byName]) {
    expect(events.map(({ object }) => object["metadata"])).toMatchObject([{ name: "a" }]);
  }
});

test("a watch of a node's pods sees them from their binding on", async () => {
  const { call, watch } = createTestServer();
  await call("POST", "/api/v1/namespaces/default/serviceaccounts", {
    metadata: { name: "default" },
  });
  const pods = "/api/v1/namespaces/default/pods";
  const watched = await watch("/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn");
  for (const name of ["a", "b"]) {
    await call("POST", pods, {
      metadata: { name },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
  }
  await call("POST", `${pods}/a/binding`, { metadata: { name: "a" }, target: { name: "n" } });
  expect(watched.events.map(({ type, object }) => [type, object["metadata"]])).toMatchObject([
    ["ADDED", { name: "a" }],
  ]);
});

test("a watch of tables names the columns once", async () => {
  const { server, call } = createTestServer();
  await call("POST", configMaps, { metadata: { name: "a" } });
  const { body } = await server.handle({
    method: "GET",
    path: configMaps,
    query: { watch: "1" },
    headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    user: { name: "tester", groups: [] },
  });
  if (body.kind !== "watch") throw new Error("no watch");
  const tables: unknown[] = [];
  body.open({
    events: (batch) => tables.push(...batch.map(({ object }) => object)),
    closed: () => undefined,
  });
  await call("POST", configMaps, { metadata: { name: "b" } });
  expect(tables).toMatchObject([
    { kind: "Table", rows: [{ cells: ["a", 0, "0s"], object: { kind: "PartialObjectMetadata" } }] },
    { kind: "Table", columnDefinitions: [], rows: [{ cells: ["b", 0, "0s"] }] },
  ]);
  expect(tables[0]).toHaveProperty("columnDefinitions.0.name", "Name");
});

test("the signal of the request ends its watch, and so does the server's end", async () => {
  const { server, call, watch } = createTestServer();
  const controller = new AbortController();
  const { body } = await server.handle({
    method: "GET",
    path: configMaps,
    query: { watch: "1" },
    user: { name: "tester", groups: [] },
    signal: controller.signal,
  });
  if (body.kind !== "watch") throw new Error("no watch");
  let events = 0;
  body.open({
    events: (batch) => {
      events += batch.length;
    },
    closed: () => undefined,
  });
  const other = await watch(`${configMaps}?watch=1`);
  await call("POST", configMaps, { metadata: { name: "a" } });
  controller.abort();
  await call("POST", configMaps, { metadata: { name: "b" } });
  expect(events).toBe(1);
  server.close();
  expect(other.events).toHaveLength(2);
  expect(other.isClosed).toBe(true);
});

test.each([
  { query: "sendInitialEvents=true", message: /sendInitialEvents requires/ },
  { query: "resourceVersionMatch=NotOlderThan", message: /unless sendInitialEvents/ },
  { query: "sendInitialEvents=true&resourceVersionMatch=Exact", message: /Unsupported value/ },
])("a watch with $query is refused", async ({ query, message }) => {
  const { call } = createTestServer();
  const { status, value } = await call("GET", `${configMaps}?watch=1&${query}`);
  expect(status).toBe(422);
  expect(value.message).toMatch(message);
});
