import { expect, test } from "vitest";
import { createTestServer, type TestServer } from "../api-server.fixture.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

async function serverWith(names: readonly string[]): Promise<TestServer> {
  const server = createTestServer();
  for (const name of names) {
    const labels = { first: name.slice(0, 1) };
    await server.call("POST", configMaps, { metadata: { name, labels } });
  }
  return server;
}

const namesOf = (items: readonly { metadata: { name: string } }[]): readonly string[] =>
  items.map(({ metadata }) => metadata.name);

test("pages show one state, whatever happens between them", async () => {
  const { call } = await serverWith(["a", "b", "c", "d", "e"]);
  const first = await call("GET", `${configMaps}?limit=2`);
  expect(namesOf(first.value.items)).toEqual(["a", "b"]);
  expect(first.value.metadata.remainingItemCount).toBe(3);
  await call("DELETE", `${configMaps}/c`);
  await call("POST", configMaps, { metadata: { name: "bb" } });
  const { continue: token, resourceVersion } = first.value.metadata;
  const second = await call("GET", `${configMaps}?limit=2&continue=${token}`);
  expect(namesOf(second.value.items)).toEqual(["c", "d"]);
  expect(second.value.metadata.resourceVersion).toBe(resourceVersion);
  const last = await call(
    "GET",
    `${configMaps}?limit=2&continue=${second.value.metadata.continue}`,
  );
  expect(namesOf(last.value.items)).toEqual(["e"]);
  expect(last.value.metadata).toEqual({ resourceVersion });
  expect(namesOf((await call("GET", configMaps)).value.items)).toEqual(["a", "b", "bb", "d", "e"]);
});

test("a page that is too old is refused with a token that goes on with the state of now", async () => {
  const { call, clock } = await serverWith(["a", "b", "c"]);
  const first = await call("GET", `${configMaps}?limit=2`);
  for (let count = 0; count < 200; count += 1) {
    await clock.advance(1_000);
    await call("PATCH", `${configMaps}/a`, { data: { count: String(count) } });
  }
  const { continue: token } = first.value.metadata;
  const refused = await call("GET", `${configMaps}?limit=2&continue=${token}`);
  expect(refused.value).toMatchObject({ code: 410, reason: "Expired" });
  const fresh = refused.value.metadata.continue;
  const rest = await call("GET", `${configMaps}?limit=2&continue=${fresh}`);
  expect(namesOf(rest.value.items)).toEqual(["c"]);
});

test("with a selector, a page does not tell how many objects remain", async () => {
  const { call } = await serverWith(["a1", "a2", "b1", "a3"]);
  const { value } = await call("GET", `${configMaps}?limit=2&labelSelector=first%3Da`);
  expect(namesOf(value.items)).toEqual(["a1", "a2"]);
  expect(value.metadata.continue).toMatch(/./);
  expect(value.metadata.remainingItemCount).toBeUndefined();
});

test.each([
  { query: "fieldSelector=metadata.name%3Da1", names: ["a1"] },
  { query: "fieldSelector=metadata.name!%3Da1", names: ["b1"] },
  { query: "fieldSelector=metadata.namespace%3Dother", names: [] },
  { query: "labelSelector=first+in+(b,c)", names: ["b1"] },
  { query: "labelSelector=!first", names: [] },
  { query: "resourceVersion=0", names: ["a1", "b1"] },
])("$query lists $names", async ({ query, names }) => {
  const { call } = await serverWith(["a1", "b1"]);
  expect(namesOf((await call("GET", `${configMaps}?${query}`)).value.items)).toEqual(names);
});

test.each([
  {
    query: "fieldSelector=spec.x%3D1",
    code: 400,
    message: /"spec.x" is not a known field selector/,
  },
  { query: "fieldSelector=nonsense", code: 400, message: /nonsense/ },
  { query: "labelSelector=a+in+b", code: 400, message: /unable to parse requirement/ },
  { query: "limit=many", code: 400, message: /many/ },
  { query: "continue=nonsense", code: 400, message: /^invalid continue token/ },
  { query: "resourceVersion=nonsense", code: 400, message: /^invalid resource version/ },
  { query: "resourceVersion=999999", code: 504, message: /Too large resource version: 999999/ },
  { query: "resourceVersionMatch=Exact", code: 422, message: /resourceVersionMatch is forbidden/ },
  { query: "resourceVersionMatch=Some&resourceVersion=1", code: 422, message: /Unsupported/ },
  {
    query: "sendInitialEvents=true",
    code: 422,
    message: /sendInitialEvents is forbidden for list/,
  },
])("$query is refused with $code", async ({ query, code, message }) => {
  const { call } = createTestServer();
  const { status, value } = await call("GET", `${configMaps}?${query}`);
  expect(status).toBe(code);
  expect(value.message).toMatch(message);
});

test("an exact version shows the state of then", async () => {
  const { call } = await serverWith(["a"]);
  const { resourceVersion } = (await call("GET", configMaps)).value.metadata;
  await call("DELETE", `${configMaps}/a`);
  const then = await call(
    "GET",
    `${configMaps}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`,
  );
  expect(namesOf(then.value.items)).toEqual(["a"]);
});
