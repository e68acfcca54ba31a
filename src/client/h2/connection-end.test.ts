import { describe, expect, test } from "vitest";
import { plainDecoding } from "../decoding.ts";
import { until } from "../test-server.fixture.ts";
import { frame, settingsFrame, wordsFrame } from "./frame-writer.ts";
import { errorCodes, flags, frameTypes, settingIds } from "./frames.ts";
import {
  answerOf,
  dataFrame,
  type RawPeer,
  roundTrip,
  send,
  startRawPeer,
} from "./raw-peer.fixture.ts";
import { streamWindowBytes } from "./stream.ts";

const { data, headers, rstStream, settings, ping, goAway, windowUpdate, continuation } = frameTypes;
const ok = [[":status", "200"]] as const;
const eight = Buffer.from("12345678");

describe("the end", () => {
  test("GOAWAY gives back what the server has not looked at and lets the rest finish", async () => {
    await using peer = await startRawPeer();
    const first = send(peer);
    const second = send(peer);
    await peer.frame(headers, 3);
    peer.send(wordsFrame(goAway, 0, 2 ** 31 - 1, 0));
    await roundTrip(peer);
    expect(peer.connection.reserve()).toBe(false);
    peer.send(wordsFrame(goAway, 0, 1, 0));
    expect(await answerOf(second)).toBe("unprocessed");
    peer.send(peer.headers(1, ok), dataFrame(1, "1", true));
    expect(await answerOf(first)).toBe(1);
    await until(() => peer.isClosed);
  });

  test("GOAWAY gives back what has not been sent", async () => {
    await using peer = await startRawPeer();
    peer.connection.reserve();
    peer.send(wordsFrame(goAway, 0, 0, 0));
    await roundTrip(peer);
    const request = { method: "GET", path: "/", headers: {}, body: undefined, signal: undefined };
    const late = peer.connection.send({ ...request, answer: "bytes", decoding: plainDecoding });
    expect(await answerOf(late)).toBe("unprocessed");
    await until(() => peer.isClosed);
  });

  test.each([
    { code: errorCodes.refusedStream, outcome: "unprocessed" },
    { code: errorCodes.internalError, outcome: /broke the request off \(INTERNAL_ERROR\)/ },
    { code: errorCodes.noError, outcome: /ended the request without an answer/ },
    { code: 77, outcome: /broke the request off \(77\)/ },
  ])("RST_STREAM with code $code: $outcome", async ({ code, outcome }) => {
    await using peer = await startRawPeer();
    const sent = send(peer);
    await peer.frame(headers, 1);
    peer.send(wordsFrame(rstStream, 1, code));
    if (typeof outcome === "string") expect(await answerOf(sent)).toBe(outcome);
    else await expect(sent).rejects.toThrow(outcome);
  });

  test("a stream limit of none refuses requests, and one that is raised takes them", async () => {
    await using peer = await startRawPeer([[settingIds.maxConcurrentStreams, 0]]);
    expect(peer.connection.reserve()).toBe(false);
    peer.send(settingsFrame([[settingIds.maxConcurrentStreams, 2]]));
    await roundTrip(peer);
    expect([1, 2, 3].map(() => peer.connection.reserve())).toEqual([true, true, false]);
  });

  const status = (fields: Parameters<RawPeer["headers"]>[1]) => (peer: RawPeer) =>
    peer.headers(1, fields);
  test.each<{ name: string; code: number; bytes: (peer: RawPeer) => Buffer }>([
    { name: "a push", code: 1, bytes: () => frame(frameTypes.pushPromise, 4, 1, eight) },
    { name: "a frame of an idle stream", code: 1, bytes: () => dataFrame(3, "x") },
    { name: "a frame of an even stream", code: 1, bytes: () => wordsFrame(rstStream, 2, 0) },
    { name: "SETTINGS of a stream", code: 1, bytes: () => frame(settings, 0, 1, Buffer.alloc(0)) },
    { name: "SETTINGS of a wrong size", code: 6, bytes: () => frame(settings, 0, 0, eight) },
    {
      name: "a window of 2 GiB in SETTINGS",
      code: 3,
      bytes: () => settingsFrame([[settingIds.initialWindowSize, 2 ** 31]]),
    },
    {
      name: "frames smaller than allowed in SETTINGS",
      code: 1,
      bytes: () => settingsFrame([[settingIds.maxFrameSize, 100]]),
    },
    { name: "a PING of a wrong size", code: 6, bytes: () => frame(ping, 0, 0, Buffer.alloc(7)) },
    { name: "a GOAWAY of a wrong size", code: 6, bytes: () => wordsFrame(goAway, 0, 0) },
    { name: "a RST_STREAM of a wrong size", code: 6, bytes: () => frame(rstStream, 0, 1, eight) },
    { name: "a window that does not widen", code: 1, bytes: () => wordsFrame(windowUpdate, 1, 0) },
    {
      name: "a window of the connection of more than 2 GiB",
      code: 3,
      bytes: () => wordsFrame(windowUpdate, 0, 2 ** 31 - 1),
    },
    {
      name: "a window of a stream of more than 2 GiB",
      code: 3,
      bytes: () => wordsFrame(windowUpdate, 1, 2 ** 31 - 1),
    },
    { name: "a continuation of nothing", code: 1, bytes: () => frame(continuation, 4, 1, eight) },
    {
      name: "headers that are not continued",
      code: 1,
      bytes: () => Buffer.concat([frame(headers, 0, 1, eight), frame(ping, 0, 0, eight)]),
    },
    {
      name: "continuations without end",
      code: 11,
      bytes: () => {
        const more = Array.from({ length: 20 }, () => frame(continuation, 0, 1, Buffer.alloc(0)));
        return Buffer.concat([frame(headers, 0, 1, eight), ...more]);
      },
    },
    {
      name: "headers that cannot be decoded",
      code: 9,
      bytes: () => frame(headers, 4, 1, Buffer.alloc(8, 0xff)),
    },
    {
      name: "padding of more than the payload",
      code: 1,
      bytes: () => frame(data, flags.padded, 1, Buffer.from([9, 1, 2])),
    },
    { name: "a body before its headers", code: 1, bytes: () => dataFrame(1, "x") },
    { name: "an answer without a status", code: 1, bytes: status([["a", "b"]]) },
    { name: "a status that is none", code: 1, bytes: status([[":status", "abc"]]) },
    { name: "a frame that is too large", code: 6, bytes: () => dataFrame(1, "x".repeat(16_385)) },
  ])("$name ends the connection and says so", async ({ code, bytes }) => {
    await using peer = await startRawPeer();
    const sent = send(peer);
    sent.catch(() => {});
    await peer.frame(headers, 1);
    peer.send(bytes(peer));
    expect((await peer.frame(goAway)).payload.readUInt32BE(4)).toBe(code);
    await expect(sent).rejects.toMatchObject({
      name: "TransportError",
      reason: "protocol",
      message: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+: .+ \([A-Z_]+\)$/),
    });
    expect(peer.connection.reserve()).toBe(false);
    await until(() => peer.isClosed);
  });

  test("more than the window of a stream ends the connection", async () => {
    await using peer = await startRawPeer();
    const sent = send(peer, { answer: "watch" });
    await peer.frame(headers, 1);
    const parts = Math.ceil(streamWindowBytes / 16_384) + 1;
    const part = frame(data, 0, 1, Buffer.alloc(16_384, "\n"));
    peer.send(peer.headers(1, ok), ...Array.from({ length: parts }, () => part));
    expect((await peer.frame(goAway)).payload.readUInt32BE(4)).toBe(errorCodes.flowControlError);
    expect((await sent).kind).toBe("answered");
  });

  test.each([
    { name: "HTTP/1.1", first: Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n") },
    { name: "another frame than SETTINGS", first: frame(ping, 0, 0, eight) },
  ])("a server that begins with $name speaks no HTTP/2", async ({ first }) => {
    await expect(startRawPeer([], first)).rejects.toMatchObject({
      reason: "protocol",
      message: expect.stringContaining("what answers does not speak HTTP/2"),
    });
  });
});
