import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createProtobufWatchFrameDecoder,
  encodeProtobufWatchEvent,
} from "./protobuf-watch-frames.ts";
import type { WatchEvent } from "./transport.ts";
import { WatchFrameError } from "./watch-frames.ts";

function decode(chunks: readonly Uint8Array[], maxBytes?: number): WatchEvent[] {
  const events: WatchEvent[] = [];
  const decoder = createProtobufWatchFrameDecoder(
    (event) => events.push(event),
    maxBytes === undefined ? {} : { maxBytes },
  );
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return events;
}

function cut(stream: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += size) chunks.push(stream.slice(at, at + size));
  return chunks;
}

const configMap = (name: string, data: Readonly<Record<string, string>> = {}) => ({
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name },
  ...(Object.keys(data).length === 0 ? {} : { data }),
});

test("events come out as they went in, wherever the stream is cut", () => {
  const event = fc.record({
    type: fc.constantFrom("ADDED" as const, "MODIFIED" as const, "DELETED" as const),
    object: fc.tuple(fc.string(), fc.dictionary(fc.string(), fc.string({ unit: "grapheme" }))),
  });
  fc.assert(
    fc.property(fc.array(event), fc.integer({ min: 1, max: 30 }), (drawn, size) => {
      const events = drawn.map(({ type, object: [name, data] }) => ({
        type,
        object: configMap(name === "" ? "x" : name, data),
      }));
      const stream = Buffer.concat(events.map(encodeProtobufWatchEvent));
      expect(decode(cut(stream, size))).toEqual(events);
    }),
  );
});

// As kube-apiserver 1.34.4 sent it.
test("a bookmark of a real server is read", () => {
  const frame =
    "AAAAZwoIQk9PS01BUksSWwpZazhzAAoPCgJ2MRIJTmFtZXNwYWNlEj4KNgoAEgAaACIAKgAyAzIxODgAQgBiIQoZazhzLmlvL2luaXRpYWwtZXZlbnRzLWVuZBIEdHJ1ZRIAGgIKABoAIgA=";
  const metadata = {
    resourceVersion: "218",
    annotations: { "k8s.io/initial-events-end": "true" },
  };
  const object = { kind: "Namespace", apiVersion: "v1", metadata, spec: {}, status: {} };
  expect(decode([Buffer.from(frame, "base64")])).toEqual([{ type: "BOOKMARK", object }]);
});

test.each([
  { name: "an empty frame", frame: [0, 0, 0, 0], message: "expected a type and an object" },
  { name: "no protobuf", frame: [0, 0, 0, 2, 0xff, 0xff], message: "no protobuf" },
  { name: "an unknown type", frame: [0, 0, 0, 3, 10, 1, 88], message: 'found "X"' },
  { name: "an end within an event", frame: [0, 0, 0, 9, 10], message: "ends within a frame" },
  { name: "an end within a length", frame: [0, 0], message: "ends within a frame" },
])("$name is an error", ({ frame, message }) => {
  expect(() => decode([Uint8Array.from(frame)])).toThrow(WatchFrameError);
  expect(() => decode([Uint8Array.from(frame)])).toThrow(message);
});

test("an event beyond the bound is an error, before it is kept", () => {
  const frame = encodeProtobufWatchEvent({ type: "ADDED", object: configMap("x".repeat(200)) });
  for (const size of [1, 4, 500]) {
    expect(() => decode(cut(frame, size), 100)).toThrow("expected at most 100 bytes");
  }
});

test("any bytes are events or an error, and never hang", () => {
  const valid = encodeProtobufWatchEvent({ type: "ADDED", object: configMap("a", { b: "c" }) });
  const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
  const law = fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
    const bytes = Uint8Array.from(valid);
    for (const [index, value] of changes) bytes[index] = value;
    try {
      decode([bytes]);
    } catch (error) {
      expect(error).toBeInstanceOf(WatchFrameError);
    }
  });
  fc.assert(law, { numRuns: 500 });
});
