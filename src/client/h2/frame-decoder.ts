import { type AnswerHead, AnswerHeaders } from "./answer-headers.ts";
import {
  frameSizeError,
  type GoAway,
  type PeerSettings,
  paddingBytes,
  parseGoAway,
  parseSettings,
  parseWord,
  protocolError,
} from "./control-frames.ts";
import { type FrameHandler, FrameReader } from "./frame-reader.ts";
import { flags, frameTypes } from "./frames.ts";

/** What frames say. Any of them may throw an Http2Error. */
export interface FrameEvents {
  /** `overheadBytes` of padding count in the windows as the body does, which is valid only during the call. */
  onData(streamId: number, body: Buffer, overheadBytes: number, isLast: boolean): void;
  onHeaders(streamId: number, head: AnswerHead, isLast: boolean): void;
  onReset(streamId: number, code: number): void;
  onSettings(settings: PeerSettings): void;
  /** `payload` is valid only during the call. */
  onPing(payload: Buffer): void;
  onPong(): void;
  onGoAway(goAway: GoAway): void;
  /** `streamId` 0 is the connection. */
  onWindowUpdate(streamId: number, bytes: number): void;
}

/** Makes sense of the bytes of a server, and checks what can be checked of a frame by itself. */
export class FrameDecoder implements FrameHandler {
  readonly #events: FrameEvents;
  readonly #reader = new FrameReader(this);
  readonly #headers = new AnswerHeaders();
  #isSettled = false;

  constructor(events: FrameEvents) {
    this.#events = events;
  }

  /** @throws Http2Error, after which nothing more can be read */
  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  /** Nothing more is wanted, also of the chunk that is being read. */
  stop(): void {
    this.#reader.stop();
  }

  onFrame(
    type: number,
    frameFlags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (!this.#isSettled && type !== frameTypes.settings)
      throw protocolError("no SETTINGS at first");
    if (this.#headers.isOpen && type !== frameTypes.continuation) {
      throw protocolError("headers that are not continued");
    }
    switch (type) {
      case frameTypes.data:
        this.#onData(frameFlags, streamId, bytes, start, end);
        break;
      case frameTypes.headers:
      case frameTypes.continuation:
        if (this.#headers.add(type, frameFlags, streamId, bytes, start, end)) {
          this.#events.onHeaders(streamId, this.#headers.head, this.#headers.isLast);
        }
        break;
      case frameTypes.rstStream:
        this.#events.onReset(streamId, parseWord("RST_STREAM", bytes, start, end));
        break;
      case frameTypes.settings:
        this.#onSettings(frameFlags, streamId, bytes, start, end);
        break;
      case frameTypes.pushPromise:
        throw protocolError("a push");
      case frameTypes.ping:
        if (end - start !== 8) throw frameSizeError("PING");
        if ((frameFlags & flags.ack) !== 0) this.#events.onPong();
        else this.#events.onPing(bytes.subarray(start, end));
        break;
      case frameTypes.goAway:
        this.#events.onGoAway(parseGoAway(bytes, start, end));
        break;
      case frameTypes.windowUpdate:
        this.#onWindowUpdate(streamId, parseWord("WINDOW_UPDATE", bytes, start, end));
        break;
      default: // PRIORITY says nothing to a client, and frames that are not known are not to be minded.
    }
  }

  #onData(frameFlags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    const padding = paddingBytes(frameFlags, bytes, start, end);
    const from = (frameFlags & flags.padded) === 0 ? start : start + 1;
    const body = bytes.subarray(from, end - padding);
    const isLast = (frameFlags & flags.endStream) !== 0;
    this.#events.onData(streamId, body, end - start - body.length, isLast);
  }

  #onSettings(
    frameFlags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (streamId !== 0) throw protocolError("SETTINGS of a stream");
    if ((frameFlags & flags.ack) !== 0) return;
    this.#isSettled = true;
    this.#events.onSettings(parseSettings(bytes, start, end));
  }

  #onWindowUpdate(streamId: number, word: number): void {
    const bytes = word & 0x7fff_ffff;
    if (bytes === 0) throw protocolError("a window that does not widen");
    this.#events.onWindowUpdate(streamId, bytes);
  }
}
