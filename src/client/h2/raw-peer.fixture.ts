import { connect, createServer, type Socket } from "node:net";
import { silentLog } from "../../base/log.ts";
import { createSystemClock } from "../../base/system-clock.ts";
import { plainDecoding } from "../decoding.ts";
import type { Http2Connection, Outcome } from "../http2-implementation.ts";
import { bodyOf, listen, until } from "../test-server.fixture.ts";
import type { WireRequest } from "../wire-request.ts";
import { type FrameHandler, FrameReader } from "./frame-reader.ts";
import { frame, settingsFrame } from "./frame-writer.ts";
import { flags, frameTypes } from "./frames.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import type { HeaderField } from "./hpack-static-table.ts";
import { openOwnHttp2Connection } from "./open-connection.ts";

const env = { clock: createSystemClock({ tickMs: 1 }), log: silentLog };
const prefaceBytes = 24;

export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** A server that sends what the test says, byte by byte, over plain TCP. */
export interface RawPeer extends AsyncDisposable {
  readonly connection: Http2Connection;
  /** All that the client has sent, but for its preface. */
  readonly received: readonly ReceivedFrame[];
  /** How many pieces it came in. */
  readonly chunkCount: number;
  readonly isClosed: boolean;
  send(...bytes: readonly Uint8Array[]): void;
  /** Waits for the first frame of a type, and a stream if one is given. */
  frame(type: number, streamId?: number): Promise<ReceivedFrame>;
  /** HEADERS of an answer. */
  headers(streamId: number, fields: readonly HeaderField[], isLast?: boolean): Buffer;
  /** What a client's HEADERS say. Each must be asked for, in order. */
  fieldsOf(received: ReceivedFrame): readonly HeaderField[];
}

type Settings = Parameters<typeof settingsFrame>[0];

/** `first` is what the server sends before all else: settings, unless the test has it otherwise. */
export async function startRawPeer(
  settings: Settings = [],
  first: Uint8Array = settingsFrame(settings),
): Promise<RawPeer> {
  const received: ReceivedFrame[] = [];
  let chunkCount = 0;
  let isClosed = false;
  let preface = Buffer.alloc(0);
  let peerSocket: Socket | undefined;
  const onFrame: FrameHandler["onFrame"] = (type, frameFlags, streamId, bytes, start, end) => {
    const payload = Buffer.from(bytes.subarray(start, end));
    received.push({ type, flags: frameFlags, streamId, payload });
  };
  const reader = new FrameReader({ onFrame }, 2 ** 24);
  const server = createServer((socket) => {
    peerSocket = socket;
    socket.on("error", () => {});
    socket.on("close", () => {
      isClosed = true;
    });
    socket.on("data", (chunk: Buffer) => {
      chunkCount += 1;
      const missing = Math.max(0, prefaceBytes - preface.length);
      preface = Buffer.concat([preface, chunk.subarray(0, missing)]);
      reader.push(chunk.subarray(missing));
    });
    socket.write(first);
  });
  const port = await listen(server);
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder();
  const stop = async (): Promise<void> => {
    peerSocket?.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const options = {
    origin: `https://127.0.0.1:${port}`,
    headerTableBytes: 4_096,
    pingAfterMs: 30_000,
    pingTimeoutMs: 15_000,
    closeAfterMs: 90_000,
  };
  const socket = connect(port, "127.0.0.1");
  const connection = await openOwnHttp2Connection(socket, options, () => {}, env).catch(
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  return {
    connection,
    received,
    get chunkCount() {
      return chunkCount;
    },
    get isClosed() {
      return isClosed;
    },
    send: (...bytes) => void peerSocket?.write(Buffer.concat(bytes)),
    async frame(type, streamId) {
      const isIt = (each: ReceivedFrame): boolean =>
        each.type === type && (streamId === undefined || each.streamId === streamId);
      await until(() => received.some(isIt) || isClosed);
      const found = received.find(isIt);
      if (found === undefined) throw new Error(`closed before a frame of type ${type}`);
      return found;
    },
    headers(streamId, fields, isLast = false) {
      const endFlag = isLast ? flags.endStream : 0;
      const block = encoder.encode(fields);
      return frame(frameTypes.headers, flags.endHeaders | endFlag, streamId, block);
    },
    fieldsOf({ payload }) {
      const fields: HeaderField[] = [];
      const sink = { onField: (name: string, value: string) => void fields.push([name, value]) };
      decoder.decode(payload, 0, payload.length, sink);
      return fields;
    },
    async [Symbol.asyncDispose]() {
      connection.close();
      await stop();
    },
  };
}

/** Sends a request in a place of its own. */
export function send(
  { connection }: RawPeer,
  request: Partial<WireRequest> = {},
): Promise<Outcome> {
  if (!connection.reserve()) throw new Error("no place on the connection");
  const whole = { method: "GET", path: "/", headers: {}, body: undefined, signal: undefined };
  return connection.send({ ...whole, answer: "bytes", decoding: plainDecoding, ...request });
}

/** Sends a request whose answer does not matter. */
export function begin(peer: RawPeer, request?: Partial<WireRequest>): void {
  send(peer, request).catch(() => {});
}

/** Waits until the client has read what was sent so far. */
export async function roundTrip(peer: RawPeer): Promise<void> {
  const before = peer.received.length;
  peer.send(frame(frameTypes.ping, 0, 0, Buffer.alloc(8)));
  await until(() => peer.received.slice(before).some(({ type }) => type === frameTypes.ping));
}

/** The answer to a request, parsed; `unprocessed` if it is to be sent again. */
export async function answerOf(outcome: ReturnType<typeof send>): Promise<unknown> {
  const settled = await outcome;
  if (settled.kind === "unprocessed") return settled.kind;
  return bodyOf(settled.response);
}

export function dataFrame(streamId: number, text: string, isLast = false): Buffer {
  return frame(frameTypes.data, isLast ? flags.endStream : 0, streamId, Buffer.from(text));
}
