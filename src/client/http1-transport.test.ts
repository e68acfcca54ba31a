import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { expect, test } from "vitest";
import { silentLog } from "../base/log.ts";
import { createSystemClock } from "../base/system-clock.ts";
import type { ApiRequest } from "../k8s/transport.ts";
import { createHttp2Transport } from "./http2-transport.ts";
import { serverCertificate } from "./test-certificates.fixture.ts";
import { bodyOf, collect, deferred, eventLine, listen, until } from "./test-server.fixture.ts";

const env = { clock: createSystemClock({ tickMs: 1 }), log: silentLog };
const get: ApiRequest = { method: "GET", path: "/api/v1/nodes" };
const watch: ApiRequest = { ...get, query: { watch: "true" } };

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/** A server without HTTP/2, with TLS or without, and a transport to it. */
async function setUp(scheme: "http" | "https", respond: Respond) {
  const server =
    scheme === "http" ? createServer(respond) : createTlsServer(serverCertificate, respond);
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  const port = await listen(server);
  const url = `${scheme}://127.0.0.1:${port}`;
  const transport = createHttp2Transport({ server: url, tls: { ca: serverCertificate.cert } }, env);
  return {
    server,
    transport,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each(["http", "https"] as const)(
  "%s: requests one after another share a connection",
  async (scheme) => {
    await using used = await setUp(scheme, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.writeHead(201, { "content-type": "application/json", "retry-after": "3" });
        response.end(
          JSON.stringify([request.method, request.url, Buffer.concat(chunks).toString()]),
        );
      });
    });
    const before = used.connections();
    const request: ApiRequest = { ...get, method: "POST", query: { a: "b c" } };
    const response = await used.transport({
      ...request,
      body: { kind: "object", value: { x: "ü" } },
    });
    expect(response).toMatchObject({ status: 201, headers: { "retry-after": "3" } });
    expect(bodyOf(response)).toEqual(["POST", "/api/v1/nodes?a=b+c", '{"x":"ü"}']);
    expect(bodyOf(await used.transport(get))).toEqual(["GET", "/api/v1/nodes", ""]);
    // The first connection of https was to ask for HTTP/2.
    expect(used.connections() - before).toBe(scheme === "http" ? 1 : 2);
  },
);

test("a watch is a stream of batches that ends well, or breaks, or is stopped", async () => {
  const requests: ServerResponse[] = [];
  await using used = await setUp("http", (_, response) => {
    response.write(eventLine("a") + eventLine("b"));
    requests.push(response);
  });
  const ended = collect(await used.transport(watch));
  await until(() => ended.batches.length === 1);
  expect(ended.batches[0]?.length).toBe(2);
  requests[0]?.end(eventLine("c"));
  expect(await ended.closed).toBeUndefined();
  expect(ended.batches.length).toBe(2);

  const broken = collect(await used.transport(watch));
  requests[1]?.destroy();
  expect(await broken.closed).toMatchObject({ reason: "connection-lost" });

  const stopped = collect(await used.transport(watch));
  void stopped.closed.then(() => expect.unreachable("no call follows a stop"));
  const gone = new Promise((resolve) => requests[2]?.on("close", resolve));
  stopped.handle.stop();
  await gone;

  const stop = new AbortController();
  const aborted = collect(await used.transport({ ...watch, signal: stop.signal }));
  stop.abort(new Error("stopped"));
  expect(await aborted.closed).toMatchObject({ message: "stopped" });
});

test("a request ends at once when its signal is aborted", async () => {
  const stop = new AbortController();
  await using used = await setUp("http", () => stop.abort(new Error("stopped")));
  await expect(used.transport({ ...get, signal: stop.signal })).rejects.toThrow("stopped");
  await expect(used.transport({ ...get, signal: stop.signal })).rejects.toThrow("stopped");
});

test("an answer that breaks off is an error and not half an answer", async () => {
  await using used = await setUp("http", (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"kind":', () => response.destroy());
  });
  await expect(used.transport(get)).rejects.toMatchObject({ reason: "connection-lost" });
});

test("a GET on a connection that was closed meanwhile is sent again, a POST is not", async () => {
  const second = deferred<void>();
  let requests = 0;
  await using used = await setUp("http", (request, response) => {
    requests += 1;
    if (requests === 2 || requests === 5) {
      request.socket.destroy();
      second.resolve();
    } else response.end("{}");
  });
  await used.transport(get);
  expect((await used.transport(get)).status).toBe(200);
  expect(requests).toBe(3);
  await used.transport(get);
  await expect(used.transport({ ...get, method: "POST" })).rejects.toMatchObject({
    reason: "connection-lost",
  });
  expect(requests).toBe(5);
});

test("many watches run at a time", async () => {
  await using used = await setUp("http", (_, response) => {
    response.write(eventLine("a"));
  });
  const watches = await Promise.all(Array.from({ length: 70 }, () => used.transport(watch)));
  const collected = watches.map(collect);
  await until(() => collected.every(({ batches }) => batches.length === 1));
  expect(used.connections()).toBe(70);
});
