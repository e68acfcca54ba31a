import { describe, expect, test } from "vitest";
import { bodyOf, collect, eventLine, until } from "../test-server.fixture.ts";
import { frame, settingsFrame, wordsFrame } from "./frame-writer.ts";
import { errorCodes, flags, frameTypes, settingIds } from "./frames.ts";
import {
  answerOf,
  begin,
  dataFrame,
  type RawPeer,
  roundTrip,
  send,
  startRawPeer,
} from "./raw-peer.fixture.ts";
import { streamWindowBytes } from "./stream.ts";

const { data, headers, rstStream, settings, windowUpdate, continuation } = frameTypes;
const ok = [[":status", "200"]] as const;
const eight = Buffer.from("12345678");

describe("what is sent", () => {
  test("begins with settings, and a window that holds a list", async () => {
    await using peer = await startRawPeer();
    await peer.frame(windowUpdate);
    const [first, second] = peer.received;
    expect(first).toMatchObject({ type: settings, streamId: 0 });
    expect(second).toMatchObject({ type: windowUpdate, streamId: 0 });
    await until(() => peer.received.some((each) => each.type === settings && each.flags === 1));
  });

  test("in one turn leaves in one piece, in order, each with a number of its own", async () => {
    await using peer = await startRawPeer();
    await roundTrip(peer);
    const before = peer.chunkCount;
    const body = Buffer.from("{}");
    for (let n = 0; n < 50; n += 1) begin(peer, { method: "PUT", path: `/${n}`, body });
    await peer.frame(data, 99);
    expect(peer.chunkCount - before).toBe(1);
    const sent = peer.received.filter(({ type }) => type === headers);
    expect(sent.map(({ streamId }) => streamId)).toEqual(
      Array.from({ length: 50 }, (_, n) => 2 * n + 1),
    );
  });

  test("names the headers once, and then by their number", async () => {
    await using peer = await startRawPeer();
    const given = { authorization: `Bearer ${"t".repeat(900)}`, "x-many": ["1", "2"] };
    for (const path of ["/a", "/b", "/c"]) begin(peer, { method: "PUT", path, headers: given });
    await peer.frame(headers, 5);
    const sent = peer.received.filter(({ type }) => type === headers);
    for (const [index, path] of ["/a", "/b", "/c"].entries()) {
      const one = sent[index];
      expect(one && new Map(peer.fieldsOf(one))).toEqual(
        new Map([
          [":method", "PUT"],
          [":scheme", "https"],
          [":authority", expect.stringContaining("127.0.0.1:")],
          [":path", path],
          ["authorization", given.authorization],
          ["x-many", "2"],
        ]),
      );
    }
    expect(sent.map(({ payload }) => payload.length > 900)).toEqual([true, false, false]);
    expect(sent[2]?.payload.length).toBeLessThan(15);
  });

  test("keeps to a header table that the server makes smaller", async () => {
    await using peer = await startRawPeer();
    const given = { authorization: "Bearer token" };
    begin(peer, { headers: given });
    await peer.frame(headers, 1);
    peer.send(settingsFrame([[settingIds.headerTableSize, 0]]));
    await roundTrip(peer);
    begin(peer, { headers: given });
    const first = peer.fieldsOf(await peer.frame(headers, 1));
    const second = await peer.frame(headers, 3);
    expect(second.payload[0]).toBe(0x20); // A table of 0 bytes.
    expect(new Map(peer.fieldsOf(second))).toEqual(new Map(first));
  });

  test.each([
    { name: "a line break in a value", request: { headers: { a: "1\r\nb: 2" } } },
    { name: "a letter that is no octet", request: { headers: { a: "Ā" } } },
    { name: "a name that is none", request: { headers: { "a b": "1" } } },
    { name: "a pseudo-header", request: { headers: { ":path": "/other" } } },
    { name: "a path with a space", request: { path: "/a b" } },
    { name: "a path that does not begin at the root", request: { path: "a" } },
  ])("has no $name", async ({ request }) => {
    await using peer = await startRawPeer();
    const { connection } = peer;
    const refused = send(peer, request);
    await expect(refused).rejects.toMatchObject({ name: "TransportError", reason: "protocol" });
    // The connection and the place are as they were.
    const answer = send(peer);
    await peer.frame(headers, 1);
    peer.send(peer.headers(1, ok), dataFrame(1, '"fine"', true));
    expect(await answerOf(answer)).toBe("fine");
    for (let n = 0; n < 1_000; n += 1) expect(connection.reserve()).toBe(true);
    expect(connection.reserve()).toBe(false);
  });
});

describe("a body", () => {
  const sentBytes = (peer: RawPeer, streamId: number): number =>
    peer.received
      .filter((each) => each.type === data && each.streamId === streamId)
      .reduce((sum, { payload }) => sum + payload.length, 0);

  test("waits for the window of its stream", async () => {
    await using peer = await startRawPeer([[settingIds.initialWindowSize, 10]]);
    begin(peer, { method: "PUT", body: Buffer.alloc(25, "x") });
    await peer.frame(data, 1);
    await roundTrip(peer);
    expect(sentBytes(peer, 1)).toBe(10);
    peer.send(wordsFrame(windowUpdate, 1, 5));
    await roundTrip(peer);
    expect(sentBytes(peer, 1)).toBe(15);
    peer.send(settingsFrame([[settingIds.initialWindowSize, 16]]));
    await roundTrip(peer);
    expect(sentBytes(peer, 1)).toBe(21);
    // A window may go below zero; what was sent stays sent.
    peer.send(settingsFrame([[settingIds.initialWindowSize, 0]]), wordsFrame(windowUpdate, 1, 16));
    await roundTrip(peer);
    expect(sentBytes(peer, 1)).toBe(21);
    peer.send(wordsFrame(windowUpdate, 1, 100));
    await roundTrip(peer);
    expect(sentBytes(peer, 1)).toBe(25);
    const last = peer.received.findLast(({ type }) => type === data);
    expect(last?.flags).toBe(flags.endStream);
  });

  test("waits for the window of the connection, which all share", async () => {
    await using peer = await startRawPeer([[settingIds.initialWindowSize, 1_000_000]]);
    for (let n = 0; n < 2; n += 1) begin(peer, { method: "PUT", body: Buffer.alloc(50_000) });
    await peer.frame(headers, 3);
    await roundTrip(peer);
    expect([sentBytes(peer, 1), sentBytes(peer, 3)]).toEqual([50_000, 15_535]);
    peer.send(wordsFrame(windowUpdate, 0, 40_000));
    await roundTrip(peer);
    expect([sentBytes(peer, 1), sentBytes(peer, 3)]).toEqual([50_000, 50_000]);
  });

  test("comes in frames as large as the server takes", async () => {
    await using peer = await startRawPeer([[settingIds.maxFrameSize, 40_000]]);
    begin(peer, { method: "PUT", body: Buffer.alloc(60_000) });
    await until(() => sentBytes(peer, 1) === 60_000 || peer.isClosed);
    const sizes = peer.received.filter(({ type }) => type === data).map((d) => d.payload.length);
    expect(sizes).toEqual([40_000, 20_000]);
  });

  test("is not sent on when the answer comes before its end", async () => {
    await using peer = await startRawPeer([[settingIds.initialWindowSize, 10]]);
    const answer = send(peer, { method: "PUT", body: Buffer.alloc(100) });
    await peer.frame(data, 1);
    peer.send(peer.headers(1, [[":status", "413"]]), dataFrame(1, '"too large"', true));
    expect(await answerOf(answer)).toBe("too large");
    expect((await peer.frame(rstStream, 1)).payload.readUInt32BE()).toBe(errorCodes.noError);
    peer.send(wordsFrame(windowUpdate, 1, 100));
    await roundTrip(peer);
    expect(sentBytes(peer, 1)).toBe(10);
  });

  test("that the server resets after its whole answer does not spoil the answer", async () => {
    await using peer = await startRawPeer([[settingIds.initialWindowSize, 10]]);
    const answer = send(peer, { method: "PUT", body: Buffer.alloc(100) });
    await peer.frame(data, 1);
    const reset = wordsFrame(rstStream, 1, errorCodes.noError);
    peer.send(peer.headers(1, ok), dataFrame(1, '"ok"', true), reset);
    expect(await answerOf(answer)).toBe("ok");
  });
});

describe("an answer", () => {
  test("may be padded, cut, continued, announced and trailed", async () => {
    await using peer = await startRawPeer();
    const answer = send(peer);
    await peer.frame(headers, 1);
    peer.send(peer.headers(1, [[":status", "103"]]));
    const block = peer.headers(1, [...ok, ["x-a", "1"], ["x-a", "2"]]).subarray(9);
    const padded = Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 16]), block.subarray(0, 2)]);
    const headerFlags = flags.padded | flags.priority;
    peer.send(
      frame(headers, headerFlags, 1, Buffer.concat([padded, Buffer.alloc(3)])),
      frame(continuation, 0, 1, block.subarray(2, 4)),
      frame(continuation, 0, 1, Buffer.alloc(0)),
      frame(continuation, flags.endHeaders, 1, block.subarray(4)),
    );
    peer.send(frame(data, flags.padded, 1, Buffer.from("\u0002[1,\0\0")), dataFrame(1, "2]"));
    peer.send(frame(0x99, 0xff, 1, eight), frame(frameTypes.priority, 0, 1, Buffer.alloc(5)));
    peer.send(peer.headers(1, [["grpc-status", "0"]], true));
    const outcome = await answer;
    if (outcome.kind !== "answered") throw new Error(outcome.kind);
    expect(outcome.response).toMatchObject({ status: 200, headers: { "x-a": "1, 2" } });
    expect(bodyOf(outcome.response)).toEqual([1, 2]);
  });

  test("gives the server its windows back", async () => {
    await using peer = await startRawPeer();
    const answer = send(peer);
    await peer.frame(headers, 1);
    peer.send(peer.headers(1, ok), dataFrame(1, '"'));
    const part = Buffer.alloc(16_000, "x").toString();
    const parts = Math.ceil((streamWindowBytes * 2) / part.length);
    let allowed = streamWindowBytes - 1;
    for (let n = 0; n < parts; n += 1) {
      if (allowed < part.length) {
        const update = await peer.frame(windowUpdate, 1);
        allowed += update.payload.readUInt32BE();
        (peer.received as unknown[]).splice(peer.received.indexOf(update), 1);
      }
      allowed -= part.length;
      peer.send(dataFrame(1, part));
    }
    peer.send(dataFrame(1, '"', true));
    expect(await answerOf(answer)).toHaveLength(parts * part.length);
  });

  test.each([
    { name: "a watch that nobody opens", answerAs: "watch" as const },
    { name: "a log that nobody reads", answerAs: "stream" as const },
  ])("of $name holds the server back until it is", async ({ answerAs }) => {
    await using peer = await startRawPeer();
    const sent = send(peer, { answer: answerAs });
    await peer.frame(headers, 1);
    const line = `${" ".repeat(15_999)}\n`;
    const lines = Math.floor(streamWindowBytes / line.length);
    peer.send(peer.headers(1, ok), ...Array.from({ length: lines }, () => dataFrame(1, line)));
    const outcome = await sent;
    if (outcome.kind !== "answered") throw new Error(outcome.kind);
    await roundTrip(peer);
    const updates = (): number =>
      peer.received.filter((each) => each.type === windowUpdate && each.streamId === 1).length;
    expect(updates()).toBe(0);
    const { body } = outcome.response;
    if (body.kind === "watch") body.open({ events: () => {}, closed: () => {} });
    if (body.kind === "stream") {
      const reader = body.chunks[Symbol.asyncIterator]();
      for (let n = 0; n < lines; n += 1) await reader.next();
    }
    await peer.frame(windowUpdate, 1);
    expect(updates()).toBe(1);
  });

  test("of a watch is there in full when it ended before it was opened", async () => {
    await using peer = await startRawPeer();
    const sent = send(peer, { answer: "watch" });
    await peer.frame(headers, 1);
    peer.send(peer.headers(1, ok), dataFrame(1, eventLine("a") + eventLine("b"), true));
    const outcome = await sent;
    if (outcome.kind !== "answered") throw new Error(outcome.kind);
    await roundTrip(peer);
    const watched = collect(outcome.response);
    expect(await watched.closed).toBeUndefined();
    expect(watched.batches.flat()).toHaveLength(2);
  });

  test("to a request that was given up is passed over", async () => {
    await using peer = await startRawPeer();
    const stop = new AbortController();
    const first = send(peer, { signal: stop.signal });
    const second = send(peer, { signal: stop.signal });
    await peer.frame(headers, 3);
    stop.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    await expect(second).rejects.toThrow("stopped");
    expect((await peer.frame(rstStream, 1)).payload.readUInt32BE()).toBe(errorCodes.cancel);
    peer.send(peer.headers(1, [...ok, ["x-new", "1"]]), dataFrame(1, "{}", true));
    peer.send(wordsFrame(windowUpdate, 1, 5), wordsFrame(rstStream, 3, 0));
    const third = send(peer);
    await peer.frame(headers, 5);
    // Its headers went into the table all the same.
    peer.send(peer.headers(5, [...ok, ["x-new", "1"]]), dataFrame(5, "3", true));
    expect(await answerOf(third)).toBe(3);
  });

  test("is not waited for when the signal is aborted before anything is sent", async () => {
    await using peer = await startRawPeer();
    const stop = new AbortController();
    const given = send(peer, { signal: stop.signal });
    stop.abort(new Error("stopped"));
    await expect(given).rejects.toThrow("stopped");
    await roundTrip(peer);
    expect(peer.received.filter(({ type }) => type === headers)).toEqual([]);
  });
});
