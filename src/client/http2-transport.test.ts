import { constants } from "node:http2";
import { describe, expect, test } from "vitest";
import { sleep } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import { createManualClock } from "../base/manual-clock.ts";
import { createSystemClock } from "../base/system-clock.ts";
import type { ApiRequest } from "../k8s/transport.ts";
import type { ServerConnection } from "./connection.ts";
import { createHttp2Transport } from "./http2-transport.ts";
import { serverCertificate } from "./test-certificates.fixture.ts";
import {
  bodyOf,
  collect,
  deferred,
  eventLine,
  respondJson,
  startStallingProxy,
  startTestServer,
  type TestRequest,
  type TestServer,
  until,
} from "./test-server.fixture.ts";

const env = { clock: createSystemClock({ tickMs: 1 }), log: silentLog };
const get: ApiRequest = { method: "GET", path: "/api/v1/nodes" };
const watch: ApiRequest = { ...get, query: { watch: "true" } };

const certificate = serverCertificate;

/** Both implementations of HTTP/2 do all of this. */
describe.each(["own", "node"] as const)("%s:", (http2) => {
  function connect(server: TestServer, connection: Partial<ServerConnection> = {}) {
    return createHttp2Transport(
      { server: server.url, tls: { ca: certificate.cert }, ...connection },
      env,
      { http2 },
    );
  }

  describe("a request", () => {
    test("carries method, path, query, headers and body, and gets status, headers and body", async () => {
      await using server = await startTestServer(
        certificate,
        ({ stream, method, path, headers }) => {
          const chunks: Buffer[] = [];
          stream.on("data", (chunk: Buffer) => chunks.push(chunk));
          stream.on("end", () => {
            const body = JSON.parse(Buffer.concat(chunks).toString());
            const seen = [method, path, headers["authorization"], headers["x-one"], body];
            respondJson(stream, seen, 201, { "retry-after": "3" });
          });
        },
      );
      await using transport = createHttp2Transport(
        {
          server: `${server.url}/k8s/clusters/c-1/`,
          tls: { ca: certificate.cert },
          credentials: { authorization: () => "Bearer secret" },
        },
        env,
        { http2 },
      );
      const response = await transport({
        method: "POST",
        path: "/api/v1/nodes",
        query: { labelSelector: "a=b,c in (d)", dryRun: "All" },
        headers: { "x-one": "1" },
        body: { kind: "object", value: { grüße: "ü" } },
      });
      expect(response.status).toBe(201);
      expect(response.headers["retry-after"]).toBe("3");
      expect(bodyOf(response)).toEqual([
        "POST",
        "/k8s/clusters/c-1/api/v1/nodes?labelSelector=a%3Db%2Cc+in+%28d%29&dryRun=All",
        "Bearer secret",
        "1",
        { grüße: "ü" },
      ]);
    });

    test("may have an empty answer, and a large one", async () => {
      const large = { text: "x".repeat(9_000_000) };
      await using server = await startTestServer(certificate, ({ stream, index }) => {
        if (index === 0) stream.respond({ ":status": 200 }, { endStream: true });
        else respondJson(stream, large);
      });
      await using transport = connect(server);
      const empty = await transport(get);
      expect(empty.body).toMatchObject({ kind: "bytes", bytes: { length: 0 } });
      expect(bodyOf(await transport(get))).toEqual(large);
    });

    test("ends at once when its signal is aborted, and tells the server", async () => {
      const stop = new AbortController();
      const cancelled = deferred<number>();
      await using server = await startTestServer(certificate, ({ stream }) => {
        stream.on("close", () => cancelled.resolve(stream.rstCode));
        stop.abort(new Error("stopped"));
      });
      await using transport = connect(server);
      await expect(transport({ ...get, signal: stop.signal })).rejects.toThrow("stopped");
      expect(await cancelled.promise).toBe(constants.NGHTTP2_CANCEL);
      await expect(transport({ ...get, signal: stop.signal })).rejects.toThrow("stopped");
    });

    test.each([
      {
        name: "is refused",
        giveUp: ({ stream }: TestRequest) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
      },
      {
        name: "comes while the server goes away",
        giveUp: ({ session, stream }: TestRequest) =>
          session.goaway(constants.NGHTTP2_NO_ERROR, (stream.id ?? 0) - 2),
      },
      {
        name: "comes while the server goes away with an error",
        giveUp: ({ session, stream }: TestRequest) =>
          session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, (stream.id ?? 0) - 2),
      },
    ])("that $name before it is looked at is sent again", async ({ giveUp }) => {
      await using server = await startTestServer(certificate, (request) => {
        if (request.index === 1) giveUp(request);
        else respondJson(request.stream, { kind: "Node" });
      });
      await using transport = connect(server);
      await transport(get);
      expect(bodyOf(await transport({ ...get, method: "POST" }))).toEqual({ kind: "Node" });
    });

    test("that the server may have seen is not sent again", async () => {
      let requests = 0;
      await using server = await startTestServer(certificate, ({ session }) => {
        requests += 1;
        session.destroy();
      });
      await using transport = connect(server);
      await expect(transport({ ...get, method: "POST" })).rejects.toMatchObject({
        name: "TransportError",
        reason: "connection-lost",
      });
      expect(requests).toBe(1);
      await expect(transport(get)).rejects.toMatchObject({ reason: "connection-lost" });
    });

    test("under way is finished on a connection that goes away", async () => {
      await using server = await startTestServer(certificate, ({ stream, session, index }) => {
        if (index === 0) session.goaway(constants.NGHTTP2_NO_ERROR, stream.id);
        env.clock.schedule(20, () => respondJson(stream, { index }));
      });
      await using transport = connect(server);
      expect(bodyOf(await transport(get))).toEqual({ index: 0 });
      expect(bodyOf(await transport(get))).toEqual({ index: 1 });
      expect(server.sessionCount).toBe(2);
    });

    test.each([
      {
        name: "by an error of the stream",
        breakOff: ({ stream }: TestRequest) => stream.destroy(new Error("broken")),
      },
      { name: "with its connection", breakOff: ({ session }: TestRequest) => session.destroy() },
    ])("whose answer breaks off $name is an error and not half an answer", async ({ breakOff }) => {
      await using server = await startTestServer(certificate, (request) => {
        request.stream.respond({ ":status": 200 });
        request.stream.write('{"kind":');
        env.clock.schedule(20, () => breakOff(request));
      });
      await using transport = connect(server);
      await expect(transport(get)).rejects.toMatchObject({ reason: "connection-lost" });
    });

    test("of a transport that was disposed fails, also one under way", async () => {
      await using server = await startTestServer(certificate, () => {
        void transport[Symbol.asyncDispose]();
      });
      const transport = connect(server);
      await expect(transport(get)).rejects.toMatchObject({ reason: "connection-lost" });
      await expect(transport(get)).rejects.toThrow("the transport is closed");
    });
  });

  describe("connections", () => {
    test("are as many as the open requests need; watches have their own", async () => {
      const respond = ({ stream, path }: TestRequest): void => {
        if (!path.includes("watch")) respondJson(stream, {});
        else {
          stream.respond({ ":status": 200 });
          stream.write(eventLine("a"));
        }
      };
      await using server = await startTestServer(certificate, respond, {
        maxConcurrentStreams: 10,
      });
      await using transport = connect(server);
      const responses = await Promise.all(Array.from({ length: 35 }, () => transport(watch)));
      expect(server.sessionCount).toBe(4);
      const watches = responses.map(collect);
      await transport(get);
      expect(server.sessionCount).toBe(5);
      // Places that are free again are taken first.
      for (const { handle } of watches.slice(0, 8)) handle.stop();
      await transport(get);
      await Promise.all(Array.from({ length: 8 }, () => transport(watch)));
      expect(server.sessionCount).toBe(5);
    });

    test("that fall silent are pinged, and given up when no answer comes", async () => {
      const clock = createManualClock();
      const requested = deferred<TestRequest>();
      await using server = await startTestServer(certificate, requested.resolve);
      await using proxy = await startStallingProxy(server.port);
      await using transport = createHttp2Transport(
        { server: `https://127.0.0.1:${proxy.port}`, tls: { ca: certificate.cert } },
        { clock, log: silentLog },
        { http2 },
      );
      const answer = transport(get);
      answer.catch(() => {});
      const { session } = await requested.promise;
      let pings = 0;
      session.on("ping", () => {
        pings += 1;
      });
      for (const expected of [1, 2]) {
        await clock.advance(30_000);
        await until(() => pings === expected);
        await sleep(env.clock, 30); // The answer is under way; nothing tells when it is in.
      }
      proxy.stall();
      await clock.advance(50_000);
      await expect(answer).rejects.toThrow(/no answer to a ping for 15 s/);
    });

    test("that nobody uses are closed", async () => {
      const clock = createManualClock();
      await using server = await startTestServer(certificate, ({ stream }) =>
        respondJson(stream, {}),
      );
      await using transport = createHttp2Transport(
        { server: server.url, tls: { ca: certificate.cert } },
        { clock, log: silentLog },
        { http2 },
      );
      await transport(get);
      const [session] = server.sessions;
      const closed = new Promise((resolve) => session?.once("close", resolve));
      for (let seconds = 0; seconds <= 90; seconds += 30) {
        await clock.advance(30_000);
        await sleep(env.clock, 30);
      }
      await closed;
      await transport(get);
      expect(server.sessionCount).toBe(2);
    });
  });

  describe("credentials", () => {
    test("that the server does not accept are asked for others, once", async () => {
      await using server = await startTestServer(certificate, ({ stream, headers }) => {
        const isGood = headers["authorization"] === "Bearer 2";
        respondJson(stream, { kind: "Status", code: 401 }, isGood ? 200 : 401);
      });
      let token = 1;
      const asked: (string | undefined)[] = [];
      await using transport = connect(server, {
        credentials: {
          authorization: () => Promise.resolve(`Bearer ${token}`),
          async rejected(authorization) {
            asked.push(authorization);
            token += 1;
            return true;
          },
        },
      });
      expect((await transport(get)).status).toBe(200);
      token = 5;
      expect((await transport(get)).status).toBe(401);
      expect(asked).toEqual(["Bearer 1", "Bearer 5"]);
    });

    test("act for others by headers", async () => {
      await using server = await startTestServer(certificate, ({ stream, headers }) => {
        respondJson(stream, [headers["impersonate-user"], headers["impersonate-group"]]);
      });
      const impersonation = { user: "system:node:a", groups: ["system:nodes", "b"] };
      await using transport = connect(server, { impersonation });
      expect(bodyOf(await transport(get))).toEqual(["system:node:a", "system:nodes, b"]);
    });
  });
});
