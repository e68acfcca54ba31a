import { flags, frameHeaderBytes, frameTypes } from "./frames.ts";
import { integerBytes, writeInteger } from "./hpack-encoder.ts";

const bufferBytes = 65_536;
const nothing = Buffer.alloc(0);

/** The block of a request's HEADERS, in the order in which it is sent. */
export interface RequestBlock {
  /** Size updates of the header table. */
  readonly updates: Buffer;
  /** Sent as a literal that is not kept, since it is another in nearly every request. */
  readonly path: string;
  /** All other headers. */
  readonly rest: Buffer;
}

/**
 * Writes frames one after the other, to be sent in one piece. Pieces are cut from a buffer that is
 * replaced when it is full and never used twice, so a socket may keep what it was given. Between a
 * `take` and the next frame it holds nothing: all connections share one.
 */
export class FrameWriter {
  #buffer: Buffer = nothing;
  #start = 0;
  #end = 0;

  /** Bytes that were written and not taken. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  take(): Buffer {
    const piece = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return piece;
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** HEADERS, and CONTINUATION where the server takes no frame as large. */
  headers(streamId: number, block: RequestBlock, isLast: boolean, frameBytesMax: number): void {
    const { updates, path, rest } = block;
    const length = updates.length + pathBytes(path) + rest.length;
    const lastFlag = isLast ? flags.endStream : 0;
    if (length <= frameBytesMax) {
      this.#header(length, frameTypes.headers, flags.endHeaders | lastFlag, streamId);
      this.#block(block);
      return;
    }
    const whole = this.#detachedBlock(block, length);
    for (let from = 0; from < length; from += frameBytesMax) {
      const to = Math.min(from + frameBytesMax, length);
      const type = from === 0 ? frameTypes.headers : frameTypes.continuation;
      const endFlag = to === length ? flags.endHeaders : 0;
      this.#header(to - from, type, endFlag | (from === 0 ? lastFlag : 0), streamId);
      this.bytes(whole.subarray(from, to));
    }
  }

  data(streamId: number, bytes: Uint8Array, isLast: boolean): void {
    this.#header(bytes.length, frameTypes.data, isLast ? flags.endStream : 0, streamId);
    this.bytes(bytes);
  }

  #block({ updates, path, rest }: RequestBlock): void {
    this.bytes(updates);
    // A literal without indexing (RFC 7541, 6.2.2) of the name that has index 4 in the static table.
    const at = this.#grow(pathBytes(path));
    this.#buffer[at] = 0x04;
    const textAt = writeInteger(this.#buffer, at + 1, 0x00, 7, path.length);
    this.#buffer.write(path, textAt, "latin1");
    this.bytes(rest);
  }

  #detachedBlock(block: RequestBlock, length: number): Buffer {
    const writer = new FrameWriter();
    writer.#block(block);
    const whole = writer.take();
    return whole.subarray(0, length);
  }

  #header(length: number, type: number, frameFlags: number, streamId: number): void {
    const at = this.#grow(frameHeaderBytes);
    writeFrameHeader(this.#buffer, at, length, type, frameFlags, streamId);
  }

  /** Makes room and returns where it begins. */
  #grow(bytes: number): number {
    const at = this.#end;
    if (at + bytes <= this.#buffer.length) {
      this.#end = at + bytes;
      return at;
    }
    const pending = this.pendingBytes;
    const larger = Buffer.allocUnsafeSlow(Math.max(bufferBytes, 2 * (pending + bytes)));
    this.#buffer.copy(larger, 0, this.#start, this.#end);
    this.#buffer = larger;
    this.#start = 0;
    this.#end = pending + bytes;
    return pending;
  }
}

/** A frame of its own, for those that are rare. */
export function frame(
  type: number,
  frameFlags: number,
  streamId: number,
  payload: Uint8Array,
): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, frameFlags, streamId);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

/** A frame whose payload is numbers of four bytes: RST_STREAM, WINDOW_UPDATE, GOAWAY. */
export function wordsFrame(type: number, streamId: number, ...words: readonly number[]): Buffer {
  const payload = Buffer.allocUnsafe(words.length * 4);
  for (const [index, word] of words.entries()) payload.writeUInt32BE(word, index * 4);
  return frame(type, 0, streamId, payload);
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.allocUnsafe(settings.length * 6);
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return frame(frameTypes.settings, 0, 0, payload);
}

function pathBytes(path: string): number {
  return 1 + integerBytes(7, path.length) + path.length;
}

function writeFrameHeader(
  out: Buffer,
  at: number,
  length: number,
  type: number,
  frameFlags: number,
  streamId: number,
): void {
  out.writeUIntBE(length, at, 3);
  out[at + 3] = type;
  out[at + 4] = frameFlags;
  out.writeUInt32BE(streamId, at + 5);
}
