import { paddingBytes, protocolError } from "./control-frames.ts";
import { errorCodes, flags, frameTypes, Http2Error } from "./frames.ts";
import { type HeaderSink, HpackDecoder, headerListBytesMax } from "./hpack-decoder.ts";

/** Status and headers of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Frames that a block may come in: it has at most 4 KiB for each when it is as large as allowed. */
const blockFramesMax = 16;

/** Makes the headers of answers of HEADERS and CONTINUATION. */
export class AnswerHeaders implements HeaderSink {
  readonly #decoder = new HpackDecoder();
  #streamId = 0;
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #status = 0;
  #fields: Record<string, string> = {};
  /** Whether a block has begun and not ended. */
  isOpen = false;
  /** Whether the answer ends with the block that came last. */
  isLast = false;

  /** What the block that came last says. */
  get head(): AnswerHead {
    return { status: this.#status, headers: this.#fields };
  }

  /** Takes a frame; true if a block is whole now. @throws Http2Error */
  add(
    type: number,
    frameFlags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    const isWhole = (frameFlags & flags.endHeaders) !== 0;
    if (type === frameTypes.continuation) {
      if (!this.isOpen || streamId !== this.#streamId) {
        throw protocolError("a continuation of nothing");
      }
      this.#keep(bytes, start, end);
      if (!isWhole) return false;
      const block = Buffer.concat(this.#parts, this.#partsBytes);
      this.isOpen = false;
      this.#parts = [];
      this.#partsBytes = 0;
      this.#decode(block, 0, block.length);
      return true;
    }
    const padding = paddingBytes(frameFlags, bytes, start, end);
    const paddedFrom = (frameFlags & flags.padded) === 0 ? start : start + 1;
    const from = (frameFlags & flags.priority) === 0 ? paddedFrom : paddedFrom + 5;
    const to = end - padding;
    if (from > to) throw protocolError("headers shorter than their padding");
    this.isLast = (frameFlags & flags.endStream) !== 0;
    if (isWhole) {
      this.#decode(bytes, from, to);
      return true;
    }
    this.isOpen = true;
    this.#streamId = streamId;
    this.#keep(bytes, from, to);
    return false;
  }

  onField(name: string, value: string): void {
    if (name.charCodeAt(0) === colon) {
      if (name === ":status") this.#status = Number(value);
      return;
    }
    const before = this.#fields[name];
    this.#fields[name] = before === undefined ? value : `${before}, ${value}`;
  }

  #decode(bytes: Buffer, start: number, end: number): void {
    this.#status = 0;
    this.#fields = {};
    this.#decoder.decode(bytes, start, end, this);
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    this.#parts.push(Buffer.from(bytes.subarray(start, end)));
    this.#partsBytes += end - start;
    if (this.#partsBytes > headerListBytesMax || this.#parts.length > blockFramesMax) {
      throw new Http2Error(
        errorCodes.enhanceYourCalm,
        `headers of more than ${headerListBytesMax} bytes`,
      );
    }
  }
}

const colon = ":".charCodeAt(0);
