import { expect, test } from "vitest";
import { createTestServer, type TestServer } from "../api-server.fixture.ts";

const accounts = "/api/v1/namespaces/default/serviceaccounts";

async function serverWithToken(spec: object): Promise<TestServer & { readonly token: string }> {
  const server = createTestServer();
  await server.call("POST", accounts, { metadata: { name: "a" } });
  const { status, value } = await server.call("POST", `${accounts}/a/token`, { spec });
  expect(status).toBe(201);
  return { ...server, token: value.status.token };
}

async function reviewOf({ call }: TestServer, token: string): Promise<unknown> {
  const { value } = await call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
    spec: { token },
  });
  return value.status.user.username;
}

const username = "system:serviceaccount:default:a";

test("a token is its account's until it expires", async () => {
  const server = await serverWithToken({ expirationSeconds: 600 });
  expect(await reviewOf(server, server.token)).toBe(username);
  await server.clock.advance(599_000);
  expect(await reviewOf(server, server.token)).toBe(username);
  await server.clock.advance(1_000);
  expect(await reviewOf(server, server.token)).toBeUndefined();
});

test("a token is a bearer token", async () => {
  const { server, token } = await serverWithToken({});
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await server.handle({ method: "GET", path: "/api/v1/nodes", headers });
  expect(status).toBe(200);
});

test("a token is worth nothing once its account has gone, even if it comes back", async () => {
  const server = await serverWithToken({});
  await server.call("DELETE", `${accounts}/a`);
  expect(await reviewOf(server, server.token)).toBeUndefined();
  await server.call("POST", accounts, { metadata: { name: "a" } });
  expect(await reviewOf(server, server.token)).toBeUndefined();
});

test("a token that was changed, or is for others, is not ours", async () => {
  const server = await serverWithToken({ audiences: ["elsewhere"] });
  expect(await reviewOf(server, server.token)).toBeUndefined();
  const other = await serverWithToken({});
  const [header, , signature] = other.token.split(".");
  const [, claims] = server.token.split(".");
  for (const token of [`${header}.${claims}.${signature}`, `${other.token}.x`, "a.b.c", ""]) {
    expect(await reviewOf(other, token)).toBeUndefined();
  }
});

test("a token lasts ten minutes at least", async () => {
  const { call } = createTestServer();
  await call("POST", accounts, { metadata: { name: "a" } });
  const { value } = await call("POST", `${accounts}/a/token`, { spec: { expirationSeconds: 60 } });
  expect(value).toMatchObject({ code: 422, details: { kind: "TokenRequest" } });
});
