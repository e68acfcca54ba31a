import { constants } from "node:http2";
import { describe, expect, test } from "vitest";
import { silentLog } from "../base/log.ts";
import { createSystemClock } from "../base/system-clock.ts";
import type { ApiRequest } from "../k8s/transport.ts";
import { createHttp2Transport } from "./http2-transport.ts";
import { serverCertificate } from "./test-certificates.fixture.ts";
import {
  bodyOf,
  collect,
  deferred,
  eventLine,
  respondJson,
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
  function connect(server: TestServer) {
    return createHttp2Transport({ server: server.url, tls: { ca: certificate.cert } }, env, {
      http2,
    });
  }

  describe("a watch", () => {
    test("gives the events of one chunk as one batch, wherever the chunks are cut", async () => {
      const sent = deferred<TestRequest["stream"]>();
      await using server = await startTestServer(certificate, ({ stream }) => {
        stream.respond({ ":status": 200 });
        sent.resolve(stream);
      });
      await using transport = connect(server);
      const watched = collect(await transport(watch));
      const stream = await sent.promise;
      stream.write(eventLine("a") + eventLine("b") + eventLine("ü").slice(0, 40));
      await until(() => watched.batches.length === 1);
      stream.end(eventLine("ü").slice(40) + eventLine("d"));
      expect(await watched.closed).toBeUndefined();
      const names = watched.batches.map((batch) =>
        batch.map(({ object }) => (object["metadata"] as { name: string }).name),
      );
      expect(names).toEqual([
        ["a", "b"],
        ["ü", "d"],
      ]);
    });

    test("that is stopped hears nothing more, and the server knows", async () => {
      const cancelled = deferred<number>();
      await using server = await startTestServer(certificate, ({ stream }) => {
        stream.respond({ ":status": 200 });
        stream.write(eventLine("a"));
        stream.on("close", () => cancelled.resolve(stream.rstCode));
      });
      await using transport = connect(server);
      const watched = collect(await transport(watch));
      await until(() => watched.batches.length === 1);
      void watched.closed.then(() => expect.unreachable("no call follows a stop"));
      watched.handle.stop();
      expect(await cancelled.promise).toBe(constants.NGHTTP2_CANCEL);
    });

    test.each([
      {
        name: "the connection",
        end: ({ session }: TestRequest) => session.destroy(),
        reason: "connection-lost",
      },
      {
        name: "the stream",
        end: ({ stream }: TestRequest) => stream.destroy(new Error("broken")),
        reason: "connection-lost",
      },
      {
        name: "the framing",
        end: ({ stream }: TestRequest) => void stream.write("no JSON\n"),
        reason: "protocol",
      },
    ])("closes with an error when $name breaks", async ({ end, reason }) => {
      const requested = deferred<TestRequest>();
      await using server = await startTestServer(certificate, (request) => {
        request.stream.respond({ ":status": 200 });
        request.stream.write(eventLine("a"));
        requested.resolve(request);
      });
      await using transport = connect(server);
      const watched = collect(await transport(watch));
      await until(() => watched.batches.length === 1);
      end(await requested.promise);
      expect(await watched.closed).toMatchObject({ name: "TransportError", reason });
    });

    test("that is refused is an answer with a body", async () => {
      await using server = await startTestServer(certificate, ({ stream }) =>
        respondJson(stream, { kind: "Status", code: 410 }, 410),
      );
      await using transport = connect(server);
      const response = await transport(watch);
      expect(response.status).toBe(410);
      expect(bodyOf(response)).toEqual({ kind: "Status", code: 410 });
    });

    test("whose signal is aborted ends with its reason", async () => {
      await using server = await startTestServer(certificate, ({ stream }) => {
        stream.respond({ ":status": 200 });
        stream.write(eventLine("a"));
      });
      await using transport = connect(server);
      const stop = new AbortController();
      const watched = collect(await transport({ ...watch, signal: stop.signal }));
      stop.abort(new Error("stopped"));
      expect(await watched.closed).toMatchObject({ message: "stopped" });
    });
  });

  test("a log is a stream of chunks", async () => {
    await using server = await startTestServer(certificate, ({ stream }) => {
      stream.respond({ ":status": 200 });
      stream.write("one\n");
      env.clock.schedule(10, () => stream.end("two\n"));
    });
    await using transport = connect(server);
    const { body } = await transport({ ...get, query: { follow: "true" } });
    if (body.kind !== "stream") throw new Error(`not a stream: ${body.kind}`);
    let text = "";
    for await (const chunk of body.chunks) text += Buffer.from(chunk).toString();
    expect(text).toBe("one\ntwo\n");
  });
});
