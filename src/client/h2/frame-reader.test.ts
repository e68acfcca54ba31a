import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter, frame } from "./frame-writer.ts";
import { flags, frameTypes } from "./frames.ts";

interface Seen {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

function readerInto(seen: Seen[]): FrameReader {
  return new FrameReader({
    onFrame(type, frameFlags, streamId, bytes, start, end) {
      const payload = Buffer.from(bytes.subarray(start, end));
      seen.push({ type, flags: frameFlags, streamId, payload });
    },
  });
}

test("frames are the same wherever the bytes are cut", () => {
  const aFrame = fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 255 }),
    streamId: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(
      fc.array(aFrame, { minLength: 1, maxLength: 10 }),
      fc.array(fc.nat(3_000), { maxLength: 30 }),
      (frames, cuts) => {
        const bytes = Buffer.concat(
          frames.map((each) => frame(each.type, each.flags, each.streamId, each.payload)),
        );
        const seen: Seen[] = [];
        const reader = readerInto(seen);
        const ends = [...cuts.map((cut) => cut % bytes.length), bytes.length];
        let from = 0;
        for (const end of ends.sort((a, b) => a - b)) {
          const chunk = Buffer.from(bytes.subarray(from, end));
          reader.push(chunk);
          chunk.fill(0xaa); // The socket may use its buffer again.
          from = end;
        }
        expect(seen).toEqual(frames);
      },
    ),
  );
});

test("a frame of more than 16,384 bytes is an error of the connection", () => {
  const reader = readerInto([]);
  reader.push(frame(0, 0, 1, Buffer.alloc(16_384)));
  const large = frame(0, 0, 1, Buffer.alloc(16_385));
  expect(() => reader.push(large)).toThrow(expect.objectContaining({ code: 6 }));
  const cut = readerInto([]);
  cut.push(large.subarray(0, 3));
  expect(() => cut.push(large.subarray(3))).toThrow(expect.objectContaining({ code: 6 }));
});

test("a reader that is stopped is silent, also about the rest of a chunk", () => {
  const seen: number[] = [];
  const reader: FrameReader = new FrameReader({
    onFrame(type) {
      seen.push(type);
      reader.stop();
    },
  });
  reader.push(Buffer.concat([frame(6, 0, 0, Buffer.alloc(8)), frame(7, 0, 0, Buffer.alloc(8))]));
  reader.push(frame(6, 0, 0, Buffer.alloc(8)));
  expect(seen).toEqual([6]);
});

test.each([
  { bytes: 10, types: [frameTypes.headers] },
  { bytes: 20_000, types: [frameTypes.headers, frameTypes.continuation] },
  { bytes: 40_000, types: [frameTypes.headers, frameTypes.continuation, frameTypes.continuation] },
])("headers of $bytes bytes come in as many frames as they need", ({ bytes, types }) => {
  const writer = new FrameWriter();
  const rest = Buffer.alloc(bytes, 7);
  writer.headers(1, { updates: Buffer.from([0x20]), path: "/a", rest }, true, 16_384);
  const seen: Seen[] = [];
  readerInto(seen).push(writer.take());
  expect(seen.map(({ type }) => type)).toEqual(types);
  expect(Buffer.concat(seen.map(({ payload }) => payload))).toEqual(
    Buffer.concat([Buffer.from([0x20, 0x04, 2, 0x2f, 0x61]), rest]),
  );
  const ends = seen.map((each) => each.flags);
  expect(ends[0] ?? 0).toBe(flags.endStream | (types.length === 1 ? flags.endHeaders : 0));
  expect(ends.filter((each) => (each & flags.endHeaders) !== 0)).toHaveLength(1);
});

test("a writer's pieces are not overwritten by what it writes later", () => {
  const writer = new FrameWriter();
  const pieces = Array.from({ length: 300 }, (_, index) => {
    writer.data(1, Buffer.alloc(1_000, index), false);
    return writer.take();
  });
  for (const [index, piece] of pieces.entries()) {
    expect(piece.subarray(9)).toEqual(Buffer.alloc(1_000, index));
  }
});
