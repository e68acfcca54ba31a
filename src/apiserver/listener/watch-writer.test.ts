import { PassThrough } from "node:stream";
import { expect, test, vi } from "vitest";
import { createTestEnv } from "../../base/test-env.ts";
import type { WatchEvent, WatchSink } from "../../k8s/transport.ts";
import type { HttpResponse } from "./http-types.ts";
import { WatchWriters } from "./watch-writer.ts";

/** A response that keeps what is written, until somebody reads it. */
class ResponseDouble extends PassThrough implements HttpResponse {
  readonly headersSent = true;

  constructor() {
    super({ highWaterMark: 1024 });
  }

  writeHead(): this {
    return this;
  }
}

const event = (name: string): WatchEvent => ({ type: "ADDED", object: { metadata: { name } } });

function openWatch(): {
  readonly response: ResponseDouble;
  readonly writes: () => number;
  readonly sink: WatchSink;
  readonly stops: () => number;
  readonly tick: () => Promise<void>;
  readonly writers: WatchWriters;
} {
  const { clock } = createTestEnv();
  const writers = new WatchWriters(clock);
  const response = new ResponseDouble();
  const write = vi.spyOn(response, "write");
  let sink: WatchSink | undefined;
  let stops = 0;
  writers.start(response, (given) => {
    sink = given;
    return {
      stop: () => {
        stops += 1;
      },
    };
  });
  if (sink === undefined) throw new Error("the watch was not opened");
  return {
    response,
    writes: () => write.mock.calls.length,
    sink,
    stops: () => stops,
    tick: () => clock.advance(1),
    writers,
  };
}

test("the events of a tick are one write", async () => {
  const { response, writes, sink, tick } = openWatch();
  sink.events([event("a"), event("b")]);
  sink.events([event("c")]);
  expect(writes()).toBe(0);
  await tick();
  expect(writes()).toBe(1);
  const lines = response.read().toString().trim().split("\n");
  expect(lines.map((line: string) => JSON.parse(line))).toEqual(["a", "b", "c"].map(event));
});

test("what the connection does not take waits until it does", async () => {
  const { response, writes, sink, tick } = openWatch();
  const large = { type: "ADDED", object: { text: "x".repeat(700_000) } } as const;
  sink.events([large, large, large]);
  await tick();
  await tick();
  expect(writes()).toBe(1);
  let read = 0;
  response.on("data", (chunk: Buffer) => {
    read += chunk.length;
  });
  while (response.writableLength > 0) await tick();
  await tick();
  expect(writes()).toBe(2);
  expect(read).toBeGreaterThan(2_100_000);
});

test("a watch that falls too far behind is ended", async () => {
  const { response, sink, stops } = openWatch();
  sink.events(Array.from({ length: 16_384 }, () => event("a")));
  expect(response.destroyed).toBe(false);
  sink.events([event("one too many")]);
  expect(response.destroyed).toBe(true);
  expect(stops()).toBeGreaterThan(0);
});

test("a watch that ends sends what waits first", async () => {
  const { response, sink, tick } = openWatch();
  sink.events([event("a")]);
  sink.closed();
  await tick();
  expect(response.writableEnded).toBe(true);
  expect(response.read().toString()).toContain('"name":"a"');
});

test("when the server goes, its watches end", async () => {
  const { response, tick, writers } = openWatch();
  writers.close();
  await tick();
  expect(response.writableEnded).toBe(true);
});
