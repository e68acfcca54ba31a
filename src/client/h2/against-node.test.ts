import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import fc from "fast-check";
import { expect, test } from "vitest";
import { silentLog } from "../../base/log.ts";
import { createSystemClock } from "../../base/system-clock.ts";
import type { ApiRequest, ApiResponse, Transport } from "../../k8s/transport.ts";
import { createHttp2Transport } from "../http2-transport.ts";
import { serverCertificate } from "../test-certificates.fixture.ts";
import { collect, eventLine, listen, startTestServer, until } from "../test-server.fixture.ts";

const env = { clock: createSystemClock({ tickMs: 1 }), log: silentLog };

function connect(port: number): Transport & AsyncDisposable {
  const server = `https://127.0.0.1:${port}`;
  return createHttp2Transport({ server, tls: { ca: serverCertificate.cert } }, env, {
    http2: "own",
  });
}

/** One request of a run: what goes up, what comes down, and what becomes of it on the way. */
interface Exchange {
  readonly upBytes: number;
  readonly downBytes: number;
  readonly headerBytes: number;
  readonly fate: "answered" | "refused" | "broken" | "early" | "aborted";
}

/** Answers as the request's headers ask it to: the body that came, turned around, made longer. */
function play(stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>): void {
  const fate = String(headers["x-fate"]);
  const filler = { "x-filler": "f".repeat(Number(headers["x-header-bytes"])) };
  stream.on("error", () => {});
  // A refused request comes again, and is taken then.
  if (fate === "refused" && !refused.delete(String(headers[":path"]))) {
    refused.add(String(headers[":path"]));
    stream.close(7);
    return;
  }
  if (fate === "aborted") return;
  if (fate === "early") {
    stream.respond({ ":status": 413, ...filler });
    stream.end("too large");
    return;
  }
  const digest: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => digest.push(chunk));
  stream.on("end", () => {
    stream.respond({ ":status": 200, ...filler });
    const down = Buffer.alloc(Number(headers["x-down-bytes"]), Buffer.concat(digest));
    if (fate === "broken") {
      stream.write(down);
      stream.close(2);
    } else stream.end(down);
  });
}
const refused = new Set<string>();

async function outcomeOf(transport: Transport, exchange: Exchange, index: number): Promise<void> {
  const stop = new AbortController();
  const body = Buffer.from(
    Array.from({ length: exchange.upBytes }, (_, n) => (n * 31 + index) % 251),
  );
  const request: ApiRequest = {
    method: "PUT",
    path: `/${index}`,
    headers: {
      "x-fate": exchange.fate,
      "x-down-bytes": String(exchange.downBytes),
      "x-header-bytes": String(exchange.headerBytes),
      "x-up": "u".repeat(exchange.headerBytes),
    },
    body: { kind: "bytes", bytes: body },
    signal: stop.signal,
  };
  const answer = transport(request);
  if (exchange.fate === "aborted") {
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error("given up"));
    await expect(answer).rejects.toThrow("given up");
  } else if (exchange.fate === "broken") {
    const outcome = await answer.catch((error: unknown) => error);
    // Node ends a stream that it closes, and may have sent that before it breaks it off.
    if (outcome instanceof Error) expect(outcome).toMatchObject({ reason: "connection-lost" });
    else expectAnswer(outcome as ApiResponse, Buffer.alloc(exchange.downBytes, body), exchange);
  } else {
    const wanted =
      exchange.fate === "early" ? Buffer.from("too large") : Buffer.alloc(exchange.downBytes, body);
    expectAnswer(await answer, wanted, exchange);
  }
}

function expectAnswer({ headers, body }: ApiResponse, wanted: Buffer, exchange: Exchange): void {
  expect(headers["x-filler"] ?? "").toHaveLength(exchange.headerBytes);
  if (body.kind !== "bytes") throw new Error(body.kind);
  expect(Buffer.compare(Buffer.from(body.bytes), wanted)).toBe(0);
}

test("any mix of requests comes out as it should, whatever a server of Node has for settings", async () => {
  const size = fc.oneof(fc.nat(20), fc.nat(3_000), fc.nat(200_000));
  const anExchange: fc.Arbitrary<Exchange> = fc.record({
    upBytes: size.map((bytes) => bytes + 1),
    downBytes: size,
    headerBytes: fc.oneof(fc.nat(50), fc.nat(2_000), fc.nat(20_000)),
    fate: fc.oneof(
      { weight: 6, arbitrary: fc.constant("answered" as const) },
      { weight: 1, arbitrary: fc.constantFrom("refused", "broken", "early", "aborted") },
    ),
  });
  const settings = fc.record({
    headerTableSize: fc.constantFrom(0, 100, 4_096, 65_536),
    initialWindowSize: fc.constantFrom(1, 1_000, 65_535, 1_000_000),
    maxFrameSize: fc.constantFrom(16_384, 100_000),
    maxConcurrentStreams: fc.constantFrom(1, 5, 100),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(anExchange, { maxLength: 25 }),
      settings,
      async (exchanges, given) => {
        // A byte at a time takes long.
        const scale = given.initialWindowSize === 1 ? 500 : 1;
        refused.clear();
        const server = createSecureServer({
          ...serverCertificate,
          settings: given,
          maxHeaderListPairs: 1_000,
          maxSendHeaderBlockLength: 100_000,
        });
        server.on("stream", play);
        const port = await listen(server);
        {
          await using transport = connect(port);
          await Promise.all(
            exchanges.map((exchange, index) => {
              const upBytes = Math.ceil(exchange.upBytes / scale);
              return outcomeOf(transport, { ...exchange, upBytes }, index);
            }),
          );
        }
        await new Promise((resolve) => server.close(resolve));
      },
    ),
    { numRuns: 40 },
  );
});

test("ten thousand requests and a thousand watches leave nothing behind", async () => {
  await using server = await startTestServer(
    serverCertificate,
    ({ stream, path }) => {
      stream.respond({ ":status": 200 });
      if (path.includes("watch")) stream.write(eventLine("a"));
      else stream.end("{}");
    },
    { maxConcurrentStreams: 100 },
  );
  await using transport = connect(server.port);
  const stop = new AbortController();
  const body = { kind: "object", value: { kind: "Lease" } } as const;
  const put = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent += 100) {
      const { signal } = stop;
      const path = `/${sent}`;
      await Promise.all(
        Array.from({ length: 100 }, () => transport({ method: "PUT", path, body, signal })),
      );
    }
  };
  const watch = async (): Promise<void> => {
    const open = () => transport({ method: "GET", path: "/", query: { watch: "true" } });
    const watches = (await Promise.all(Array.from({ length: 1_000 }, open))).map(collect);
    await until(() => watches.every(({ batches }) => batches.length === 1));
    for (const { handle } of watches) handle.stop();
    await until(() => server.openStreams() === 0);
  };
  await put(1_000);
  expect(server.sessionCount).toBe(1);
  await watch();
  expect(server.sessionCount).toBe(11);
  // The same connections carry all of it again: no place was lost.
  await put(9_000);
  await watch();
  expect(server.sessionCount).toBe(11);
});
