import { expect, test } from "vitest";
import { silentLog } from "../base/log.ts";
import { createSystemClock } from "../base/system-clock.ts";
import type { ApiRequest } from "../k8s/transport.ts";
import { serverCertificate } from "./test-certificates.fixture.ts";
import {
  bodyOf,
  collect,
  eventLine,
  respondJson,
  startTestServer,
  type TestRequest,
} from "./test-server.fixture.ts";
import { bearerToken } from "./token-credentials.ts";
import { createTransports } from "./transports.ts";

const env = { clock: createSystemClock({ tickMs: 1 }), log: silentLog };
const get: ApiRequest = { method: "GET", path: "/api/v1/nodes", headers: { accept: "*/*" } };
const watch: ApiRequest = { ...get, query: { watch: "true" } };

/** Says who asked; a watch gets one event and stays. */
function respond({ stream, path, headers }: TestRequest): void {
  if (path.includes("watch=true")) {
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.write(eventLine("a"));
    return;
  }
  const { authorization } = headers;
  respondJson(stream, { user: headers["impersonate-user"], authorization });
}

for (const http2 of ["own", "node"] as const) {
  test(`${http2}: each has one connection, for watches too`, async () => {
    await using server = await startTestServer(serverCertificate, respond);
    const connection = { server: server.url, tls: { ca: serverCertificate.cert } };
    const transports = createTransports(connection, env, { http2 });
    await using first = transports.open();
    await using second = transports.open();
    for (const transport of [first, second]) {
      const watches = await Promise.all([transport(watch), transport(watch)]);
      for (const answer of watches) collect(answer);
      expect((await transport(get)).status).toBe(200);
    }
    expect(server.sessionCount).toBe(2);
    await first[Symbol.asyncDispose]();
    expect((await second(get)).status).toBe(200);
    await expect(first(get)).rejects.toThrow("the transport is closed");
  });
}

test("each may act as another, on the connection's credentials or on its own certificate", async () => {
  await using server = await startTestServer(serverCertificate, respond);
  const connection = {
    server: server.url,
    tls: { ca: serverCertificate.cert },
    credentials: bearerToken("secret"),
    impersonation: { user: "of-all" },
  };
  const transports = createTransports(connection, env);
  await using plain = transports.open();
  await using node = transports.open({ impersonation: { user: "system:node:a" } });
  await using own = transports.open({ certificate: serverCertificate });
  expect(bodyOf(await plain(get))).toEqual({ user: "of-all", authorization: "Bearer secret" });
  expect(bodyOf(await node(get))).toEqual({
    user: "system:node:a",
    authorization: "Bearer secret",
  });
  expect(bodyOf(await own(get))).toEqual({});
});
