import fc from "fast-check";
import { expect, test } from "vitest";
import type { WatchEvent } from "./transport.ts";
import { createWatchFrameDecoder, encodeWatchEvent, WatchFrameError } from "./watch-frames.ts";

function decode(chunks: readonly Uint8Array[], maxBytes?: number): WatchEvent[] {
  const events: WatchEvent[] = [];
  const decoder = createWatchFrameDecoder(
    (event) => events.push(event),
    maxBytes === undefined ? {} : { maxBytes },
  );
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return events;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("events come out as they went in, wherever the stream is cut", () => {
  const event = fc.record({
    type: fc.constantFrom("ADDED" as const, "DELETED" as const),
    object: fc.dictionary(fc.string(), fc.string({ unit: "grapheme" })),
  });
  fc.assert(
    fc.property(fc.array(event), fc.integer({ min: 1, max: 20 }), (events, size) => {
      const stream = Buffer.concat(events.map(encodeWatchEvent));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      expect(decode(chunks)).toEqual(JSON.parse(JSON.stringify(events)));
    }),
  );
});

test("a chunk whose memory is used again does not change what waits", () => {
  const chunk = bytes('{"type":"ADDED","object":{}}');
  const events: WatchEvent[] = [];
  const decoder = createWatchFrameDecoder((event) => events.push(event));
  decoder.push(chunk);
  chunk.fill(0);
  decoder.push(bytes("\r\n\n"));
  decoder.end();
  expect(events).toEqual([{ type: "ADDED", object: {} }]);
});

test.each([
  { name: "no JSON", stream: "nonsense\n", message: 'expected JSON, found "nonsense"' },
  { name: "no event", stream: '{"kind":"Status"}\n', message: 'expected {"type","object"}' },
  { name: "an unknown type", stream: '{"type":"X","object":{}}\n', message: "expected" },
  { name: "an end within an event", stream: '{"type":"ADD', message: "expected JSON" },
])("$name is an error", ({ stream, message }) => {
  expect(() => decode([bytes(stream)])).toThrow(WatchFrameError);
  expect(() => decode([bytes(stream)])).toThrow(message);
});

test("an event beyond the bound is an error, before it is kept", () => {
  expect(() => decode([bytes("x".repeat(50)), bytes("x".repeat(51))], 100)).toThrow(
    "expected at most 100 bytes",
  );
});
