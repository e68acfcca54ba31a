import { expect, test } from "vitest";
import { type Clock, sleep } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import { createRandom } from "../base/random.ts";
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

const random = createRandom(1);
const env = { clock: createSystemClock({ tickMs: 1 }), log: silentLog, random };
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

test("who has lost its connection comes back after a time of its own", async () => {
  await using server = await startTestServer(serverCertificate, respond);
  const connection = { server: server.url, tls: { ca: serverCertificate.cert } };
  const waits: number[] = [];
  const clock: Clock = {
    ...env.clock,
    // Pings and time limits are 10 s and longer; what is shorter is a wait, which is over at once.
    schedule(delayMs, callback) {
      if (delayMs >= 10_000) return env.clock.schedule(delayMs, callback);
      waits.push(delayMs);
      return env.clock.schedule(0, callback);
    },
  };
  const transports = createTransports(connection, { ...env, clock }, { reconnectJitterMs: 10_000 });
  const opened = Array.from({ length: 20 }, () => transports.open());
  const askAll = () => Promise.all(opened.map((transport) => transport(get)));
  await askAll();
  expect(waits).toEqual([]); // At first nobody waits.
  const ends = [...server.sessions].map((session) => {
    session.destroy();
    return new Promise((resolve) => session.once("close", resolve));
  });
  await Promise.all(ends);
  await sleep(env.clock, 50); // Nothing tells when the clients know.
  await askAll();
  expect(waits.length).toBe(20);
  expect(new Set(waits).size).toBe(20);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(5_000);
  for (const transport of opened) await transport[Symbol.asyncDispose]();
});
