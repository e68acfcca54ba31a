import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../k8s/json.ts";
import { encodeProtobufWatchEvent } from "../k8s/protobuf-watch-frames.ts";
import { encodeProtobuf } from "../k8s/schema/protobuf.ts";
import type { ApiResponse } from "../k8s/transport.ts";
import { encodeWatchEvent } from "../k8s/watch-frames.ts";
import { createSharedDecoding, plainDecoding } from "./decoding.ts";
import { SharedValues } from "./shared-values.ts";

const protobuf = "application/vnd.kubernetes.protobuf";

const node = (name: string, resourceVersion = "1"): JsonObject => ({
  kind: "Node",
  apiVersion: "v1",
  metadata: { name, resourceVersion, managedFields: [{ manager: "kubelet" }] },
});
const lean = (name: string): JsonObject => ({
  ...node(name),
  metadata: { name, resourceVersion: "1" },
});

function frameOf(type: string, object: JsonObject): Uint8Array {
  const event = { type: "ADDED", object } as const;
  // Without the length, and without the newline.
  if (type === protobuf) return encodeProtobufWatchEvent(event).subarray(4);
  return encodeWatchEvent(event).subarray(0, -1);
}

function answerOf(type: string, object: JsonObject): ApiResponse {
  const bytes = type === protobuf ? encodeProtobuf(object) : Buffer.from(JSON.stringify(object));
  return { status: 200, headers: { "content-type": type }, body: { kind: "bytes", bytes } };
}

describe.each([protobuf, "application/json"])("shared decoding of %s", (type) => {
  test("gives the same event for the same bytes from the second time on, frozen and lean", () => {
    const parse = createSharedDecoding().eventParser(`${type};stream=watch`);
    const events = Array.from({ length: 4 }, () => parse(frameOf(type, node("a"))));
    for (const event of events) expect(event).toMatchObject({ type: "ADDED", object: lean("a") });
    expect(events[1]?.object).not.toBe(events[0]?.object);
    expect(events[2]).toBe(events[1]);
    expect(events[3]).toBe(events[1]);
    expect(Object.isFrozen(events[3]?.object["metadata"])).toBe(true);
    expect(parse(frameOf(type, node("b"))).object).toMatchObject(lean("b"));
  });

  test("gives lists leanly, and other objects whole", () => {
    const decoding = createSharedDecoding();
    const items = [node("a"), node("b")].map(({ kind: _k, apiVersion: _v, ...rest }) => rest);
    const metadata = { resourceVersion: "5" };
    const list = { kind: "NodeList", apiVersion: "v1", metadata, items };
    const bodies = Array.from({ length: 3 }, () => decoding.answer(answerOf(type, list)).body);
    const leanItems = ["a", "b"].map((name) => ({ metadata: { name, resourceVersion: "1" } }));
    expect(bodies[0]).toMatchObject({ kind: "object", value: { ...list, items: leanItems } });
    expect("value" in (bodies[0] ?? {}) && bodies[0]).not.toHaveProperty(
      "value.items.0.metadata.managedFields",
    );
    expect(bodies[2]).toEqual(bodies[1]);
    const single = decoding.answer(answerOf(type, node("a"))).body;
    expect(single).toMatchObject({ kind: "object", value: node("a") });
  });

  test("leaves refusals and what is no object to who reads them", () => {
    const decoding = createSharedDecoding();
    const refusal = { ...answerOf(type, node("a")), status: 404 };
    expect(decoding.answer(refusal)).toBe(refusal);
    const broken: ApiResponse = {
      ...refusal,
      status: 200,
      body: { kind: "bytes", bytes: Buffer.from("<html>") },
    };
    expect(decoding.answer(broken)).toBe(broken);
    const parse = (bytes: Uint8Array): (() => unknown) => {
      return () => decoding.eventParser(type)(bytes);
    };
    expect(parse(Buffer.from([0xff, 0xff]))).toThrow("watch event");
  });
});

test("plain decoding reads events whole, each anew", () => {
  const parse = plainDecoding.eventParser(protobuf);
  const frame = frameOf(protobuf, node("a"));
  expect(parse(frame)).toMatchObject({ object: node("a") });
  parse(frame);
  expect(parse(frame)).not.toBe(parse(frame));
});

test("whatever comes in whatever order, a shared value is that of its bytes", () => {
  const parse = (bytes: Uint8Array): { readonly text: string } => ({
    text: Buffer.from(bytes).toString("latin1"),
  });
  // Few letters, and long beginnings that are the same: hashes and lengths coincide.
  const text = fc.tuple(
    fc.constantFrom("", "x".repeat(600)),
    fc.string({ unit: "binary-ascii", maxLength: 2 }),
  );
  const values = new SharedValues();
  const law = fc.property(fc.array(text, { minLength: 1, maxLength: 60 }), (texts) => {
    for (const [head, tail] of texts) {
      const bytes = Buffer.from(head + tail, "latin1");
      expect(values.of(bytes, parse).text).toBe(head + tail);
      bytes.fill(0); // The buffer is used again.
    }
  });
  fc.assert(law, { numRuns: 200 });
});

test("what is kept has a bound", () => {
  let parsed = 0;
  const parse = (bytes: Uint8Array): object => {
    parsed += 1;
    return { size: bytes.length };
  };
  const values = new SharedValues();
  const large = (index: number): Buffer => {
    const bytes = Buffer.alloc(8 * 1_024 * 1_024);
    bytes.writeUInt32BE(index);
    return bytes;
  };
  for (let index = 0; index < 6; index += 1) {
    for (let time = 0; time < 3; time += 1) values.of(large(index), parse);
  }
  expect(parsed).toBe(12); // Twice each, for the first time and to keep it.
  values.of(large(5), parse);
  expect(parsed).toBe(12);
  values.of(large(0), parse); // Made room for others meanwhile.
  expect(parsed).toBe(13);
});
