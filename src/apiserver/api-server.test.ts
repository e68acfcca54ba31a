import { expect, test } from "vitest";
import { createTestServer } from "./api-server.fixture.ts";

const configMap = (name: string, data: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});
const configMaps = "/api/v1/namespaces/default/configmaps";

test("an object is created, read, changed and deleted", async () => {
  const { call } = createTestServer();
  const created = await call("POST", configMaps, configMap("a", { color: "red" }));
  expect(created.status).toBe(201);
  expect(created.value.metadata).toMatchObject({
    name: "a",
    namespace: "default",
    creationTimestamp: "2026-01-01T00:00:00Z",
  });
  expect(created.value.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect((await call("GET", `${configMaps}/a`)).value).toBe(created.value);
  const patched = await call("PATCH", `${configMaps}/a`, { data: { color: "blue" } });
  expect(patched.value.data).toEqual({ color: "blue" });
  expect(Number(patched.value.metadata.resourceVersion)).toBe(
    Number(created.value.metadata.resourceVersion) + 1,
  );
  const stale = await call("PUT", `${configMaps}/a`, created.value);
  expect(stale.value).toMatchObject({ code: 409, reason: "Conflict" });
  const deleted = await call("DELETE", `${configMaps}/a`);
  expect(deleted.value).toMatchObject({
    status: "Success",
    details: { name: "a", kind: "configmaps" },
  });
  expect((await call("GET", `${configMaps}/a`)).value).toMatchObject({
    code: 404,
    message: 'configmaps "a" not found',
  });
});
