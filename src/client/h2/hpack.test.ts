import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HpackDecoder, headerListBytesMax } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import type { HeaderField } from "./hpack-static-table.ts";

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

function decode(decoder: HpackDecoder, block: Buffer): readonly HeaderField[] {
  const fields: HeaderField[] = [];
  const sink = { onField: (name: string, value: string) => void fields.push([name, value]) };
  decoder.decode(block, 0, block.length, sink);
  return fields;
}

const requests: readonly (readonly HeaderField[])[] = [
  [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
  ],
  [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
    ["cache-control", "no-cache"],
  ],
  [
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/index.html"],
    [":authority", "www.example.com"],
    ["custom-key", "custom-value"],
  ],
];

const answer: readonly HeaderField[] = [
  [":status", "302"],
  ["cache-control", "private"],
  ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
  ["location", "https://www.example.com"],
];
const cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const answers: readonly (readonly HeaderField[])[] = [
  answer,
  [[":status", "307"], ...answer.slice(1)],
  [
    [":status", "200"],
    ["cache-control", "private"],
    ["date", "Mon, 21 Oct 2013 20:13:22 GMT"],
    ["location", "https://www.example.com"],
    ["content-encoding", "gzip"],
    ["set-cookie", cookie],
  ],
];

/** What brings a decoder's table down to 256 bytes, as the answers of the examples have it. */
const tableOf256 = hex("3fe101");

const plainRequests = [
  "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
  "8286 84be 5808 6e6f 2d63 6163 6865",
  "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
];

describe("the examples of RFC 7541, Appendix C", () => {
  test.each<{ name: string; block: string; fields: readonly HeaderField[] }>([
    {
      name: "C.2.1, a literal that is indexed",
      block: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
      fields: [["custom-key", "custom-header"]],
    },
    {
      name: "C.2.2, a literal that is not indexed",
      block: "040c 2f73 616d 706c 652f 7061 7468",
      fields: [[":path", "/sample/path"]],
    },
    {
      name: "C.2.3, a literal that is never indexed",
      block: "1008 7061 7373 776f 7264 0673 6563 7265 74",
      fields: [["password", "secret"]],
    },
    { name: "C.2.4, an indexed header", block: "82", fields: [[":method", "GET"]] },
  ])("$name", ({ block, fields }) => {
    expect(decode(new HpackDecoder(), hex(block))).toEqual(fields);
  });

  test.each([
    { name: "C.3, requests", first: "", blocks: plainRequests, lists: requests },
    {
      name: "C.4, requests in Huffman code",
      first: "",
      blocks: [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      ],
      lists: requests,
    },
    {
      name: "C.5, answers, with eviction",
      first: "3fe101",
      blocks: [
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
      ],
      lists: answers,
    },
    {
      name: "C.6, answers in Huffman code, with eviction",
      first: "3fe101",
      blocks: [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
      ],
      lists: answers,
    },
  ])("$name", ({ first, blocks, lists }) => {
    const decoder = new HpackDecoder();
    decode(decoder, hex(first));
    expect(blocks.map((block) => decode(decoder, hex(block)))).toEqual(lists);
  });

  test("C.3 is what we encode", () => {
    const encoder = new HpackEncoder();
    expect(requests.map((fields) => encoder.encode(fields))).toEqual(plainRequests.map(hex));
  });

  test("C.5 is what we encode into a table of 256 bytes", () => {
    const encoder = new HpackEncoder();
    encoder.limitTable(256);
    expect(encoder.takeSizeUpdates()).toEqual(tableOf256);
    const decoder = new HpackDecoder();
    decode(decoder, tableOf256);
    const blocks = answers.map((fields) => encoder.encode(fields));
    expect(blocks[1]).toEqual(hex("4803 3330 37c1 c0bf"));
    expect(blocks.map((block) => decode(decoder, block))).toEqual(answers);
  });
});

test("whatever is encoded is decoded, whatever the server does with its table", () => {
  const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(toLetter), maxLength: 60 });
  const name = fc.oneof(fc.constantFrom(":path", "authorization", "accept"), octets);
  const field = fc.tuple(name, fc.oneof(fc.constantFrom("", "a", "x".repeat(5_000)), octets));
  const step = fc.oneof(
    fc.record({ fields: fc.array(field, { maxLength: 8 }) }),
    fc.record({ limit: fc.constantFrom(0, 40, 200, 4_096, 65_536) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      for (const taken of steps) {
        if ("limit" in taken) encoder.limitTable(taken.limit);
        else {
          const block = Buffer.concat([encoder.takeSizeUpdates(), encoder.encode(taken.fields)]);
          expect(decode(decoder, block)).toEqual(taken.fields);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("what is sent again costs a byte", () => {
  const encoder = new HpackEncoder();
  const fields: readonly HeaderField[] = [["authorization", `Bearer ${"t".repeat(900)}`]];
  expect(encoder.encode(fields).length).toBeGreaterThan(900);
  const { generation } = encoder;
  expect(encoder.encode(fields)).toHaveLength(1);
  expect(encoder.generation).toBe(generation);
});

describe("a decoder refuses", () => {
  test.each([
    { name: "an index that is not in the table", block: "be" },
    { name: "index 0", block: "80" },
    { name: "a string that is longer than the block", block: "400a 6375" },
    { name: "an integer that breaks off", block: "ff" },
    { name: "an integer without end", block: "ff ff ff ff ff ff ff 0f" },
    { name: "a table larger than it has said", block: "3f e2 1f" },
    { name: "a size update after a header", block: "82 20" },
    { name: "Huffman padding of more than seven bits", block: "0082 1fff 00" },
    { name: "Huffman padding that is not ones", block: "0081 18 00" },
    { name: "the end of a string in Huffman code", block: "0084 ffff ffff 00" },
  ])("$name", ({ block }) => {
    expect(() => decode(new HpackDecoder(), hex(block))).toThrow(
      expect.objectContaining({ name: "Http2Error", code: 9 }),
    );
  });

  test("headers that come to more than its bound, though their block is small", () => {
    const decoder = new HpackDecoder();
    const encoder = new HpackEncoder();
    const field: HeaderField = ["a", "x".repeat(4_000)];
    decode(decoder, encoder.encode([field]));
    const times = Math.ceil(headerListBytesMax / 4_000);
    const block = encoder.encode(Array.from({ length: times }, () => field));
    expect(block.length).toBe(times);
    expect(() => decode(decoder, block)).toThrow(expect.objectContaining({ code: 11 }));
  });
});

function toLetter(code: number): string {
  return String.fromCharCode(code);
}
