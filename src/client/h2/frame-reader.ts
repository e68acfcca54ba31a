import { errorCodes, frameBytesMax, frameHeaderBytes, Http2Error } from "./frames.ts";

export interface FrameHandler {
  /** A frame, its payload at `bytes[start, end)`: to be copied by whoever keeps it beyond this call. */
  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void;
}

/** Cuts what a socket gives into frames. Only a frame that spans two chunks is copied. */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #payloadBytesMax: number;
  /** The beginning of a frame: its header, then room for all of it. */
  #part: Buffer | undefined;
  #partBytes = 0;
  #isStopped = false;

  constructor(handler: FrameHandler, payloadBytesMax: number = frameBytesMax) {
    this.#handler = handler;
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** @throws Http2Error for a frame that is too large, and whatever the handler throws */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      if (this.#part !== undefined) {
        at = this.#fill(chunk, at);
        continue;
      }
      const end = chunk.length - at < frameHeaderBytes ? Infinity : this.#frameEnd(chunk, at);
      if (end > chunk.length) {
        this.#part = Buffer.allocUnsafe(end === Infinity ? frameHeaderBytes : end - at);
        continue;
      }
      this.#emit(chunk, at, end);
      at = end;
    }
  }

  /** Nothing more is wanted, also of the chunk that is being read. */
  stop(): void {
    this.#isStopped = true;
    this.#part = undefined;
  }

  /** Adds to the frame that is waited for; returns where the rest of the chunk begins. */
  #fill(chunk: Buffer, from: number): number {
    let part = this.#part ?? Buffer.alloc(0);
    const taken = chunk.copy(part, this.#partBytes, from);
    this.#partBytes += taken;
    if (this.#partBytes < part.length) return from + taken;
    const end = this.#frameEnd(part, 0);
    if (part.length < end) {
      part = Buffer.allocUnsafe(end);
      this.#part?.copy(part);
      this.#part = part;
      return from + taken;
    }
    this.#part = undefined;
    this.#partBytes = 0;
    this.#emit(part, 0, end);
    return from + taken;
  }

  #emit(bytes: Buffer, at: number, end: number): void {
    const streamId = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
    const payload = at + frameHeaderBytes;
    this.#handler.onFrame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, streamId, bytes, payload, end);
  }

  #frameEnd(bytes: Buffer, at: number): number {
    const length = bytes.readUIntBE(at, 3);
    if (length > this.#payloadBytesMax) {
      throw new Http2Error(errorCodes.frameSizeError, `a frame of ${length} bytes`);
    }
    return at + frameHeaderBytes + length;
  }
}
