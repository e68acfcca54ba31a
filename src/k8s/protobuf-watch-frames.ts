import protobuf from "protobufjs/minimal.js";
import { decodeProtobuf, encodeProtobuf, ProtobufError } from "./schema/protobuf.ts";
import type { WatchEvent } from "./transport.ts";
import {
  frameBytesMax,
  isEventType,
  type WatchEventParser,
  type WatchFrameDecoder,
  WatchFrameError,
  type WatchFrameOptions,
} from "./watch-frames.ts";

/** Each frame begins with its length, in big-endian order. */
const lengthBytes = 4;

const typeTag = (1 << 3) | 2;
const objectTag = (2 << 3) | 2;
/** Of a RawExtension: its only field. */
const rawTag = (1 << 3) | 2;

/**
 * One event in the framing of `Content-Type: application/vnd.kubernetes.protobuf;stream=watch`: a
 * length, and a `metav1.WatchEvent` whose object is encoded as a body of its own would be.
 *
 * @throws ProtobufError as `encodeProtobuf`
 */
export function encodeProtobufWatchEvent({ type, object }: WatchEvent): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(typeTag).string(type);
  writer.uint32(objectTag).fork();
  writer.uint32(rawTag).bytes(encodeProtobuf(object));
  const event = writer.ldelim().finish();
  const frame = Buffer.allocUnsafe(lengthBytes + event.length);
  frame.writeUInt32BE(event.length);
  frame.set(event, lengthBytes);
  return frame;
}

/**
 * Cuts a stream of `encodeProtobufWatchEvent`'s frames into its events. Bytes are copied only when
 * a frame spans chunks.
 */
export function createProtobufWatchFrameDecoder(
  onEvent: (event: WatchEvent) => void,
  options: WatchFrameOptions = {},
): WatchFrameDecoder {
  return new ProtobufWatchFrameDecoder(onEvent, options);
}

/** A class, and not closures: there is one for each watch of thousands of nodes. */
class ProtobufWatchFrameDecoder implements WatchFrameDecoder {
  readonly #onEvent: (event: WatchEvent) => void;
  readonly #parse: WatchEventParser;
  readonly #maxBytes: number;
  /** The beginning of a frame, with room for all of it as soon as its length is known. */
  #part: Buffer | undefined;
  #partBytes = 0;

  constructor(onEvent: (event: WatchEvent) => void, options: WatchFrameOptions) {
    this.#onEvent = onEvent;
    this.#parse = options.parse ?? parseProtobufWatchEvent;
    this.#maxBytes = options.maxBytes ?? frameBytesMax;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (this.#part !== undefined) {
        at = this.#fill(this.#part, bytes, at);
        continue;
      }
      const left = bytes.length - at;
      const frame = left < lengthBytes ? lengthBytes : this.#frameBytes(bytes, at);
      if (left < frame) {
        this.#part = Buffer.allocUnsafe(frame);
        this.#partBytes = 0;
        continue;
      }
      this.#onEvent(this.#parse(bytes.subarray(at + lengthBytes, at + frame)));
      at += frame;
    }
  }

  end(): void {
    if (this.#part === undefined) return;
    this.#part = undefined;
    throw new WatchFrameError("watch event: the stream ends within a frame");
  }

  /** Adds to the frame that is waited for; returns where the rest of the chunk begins. */
  #fill(part: Buffer, bytes: Buffer, from: number): number {
    const taken = bytes.copy(part, this.#partBytes, from);
    this.#partBytes += taken;
    if (this.#partBytes < part.length) return from + taken;
    const frame = this.#frameBytes(part, 0);
    if (part.length < frame) {
      const whole = Buffer.allocUnsafe(frame);
      part.copy(whole);
      this.#part = whole;
    } else {
      this.#part = undefined;
      this.#onEvent(this.#parse(part.subarray(lengthBytes)));
    }
    return from + taken;
  }

  #frameBytes(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at);
    if (length > this.#maxBytes) {
      throw new WatchFrameError(
        `watch event: expected at most ${this.#maxBytes} bytes, found ${length}`,
      );
    }
    return lengthBytes + length;
  }
}

const noKind = (): boolean => false;
const anyKind = (): boolean => true;

/** One event of a frame, without its length. @throws WatchFrameError */
export function parseProtobufWatchEvent(bytes: Uint8Array): WatchEvent {
  try {
    return readEvent(bytes, noKind);
  } catch (error) {
    throw asFrameError(error);
  }
}

/** The same without `metadata.managedFields`, which is half of an event and nothing to a node. */
export function parseLeanProtobufWatchEvent(bytes: Uint8Array): WatchEvent {
  try {
    return readEvent(bytes, anyKind);
  } catch (error) {
    throw asFrameError(error);
  }
}

function asFrameError(error: unknown): WatchFrameError {
  if (error instanceof WatchFrameError) return error;
  const why = error instanceof ProtobufError ? error.message : "no protobuf";
  return new WatchFrameError(`watch event: ${why}`, { cause: error });
}

/** Reads `metav1.WatchEvent` (apimachinery, `meta/v1/generated.proto`). */
function readEvent(bytes: Uint8Array, isLean: () => boolean): WatchEvent {
  const reader = protobuf.Reader.create(bytes);
  let type = "";
  let raw: Uint8Array | undefined;
  while (reader.pos < bytes.length) {
    const tag = reader.uint32();
    if (tag === typeTag) type = reader.string();
    else if (tag === objectTag) raw = readRawExtension(reader.bytes());
    else reader.skipType(tag & 7);
  }
  if (!isEventType(type) || raw === undefined) {
    throw new WatchFrameError(`watch event: expected a type and an object, found "${type}"`);
  }
  return { type, object: decodeProtobuf(raw, isLean) };
}

function readRawExtension(bytes: Uint8Array): Uint8Array | undefined {
  const reader = protobuf.Reader.create(bytes);
  let raw: Uint8Array | undefined;
  while (reader.pos < bytes.length) {
    const tag = reader.uint32();
    if (tag === rawTag) raw = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return raw;
}
