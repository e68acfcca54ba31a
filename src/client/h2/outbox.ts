import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { type PeerSettings, windowBytesMax } from "./control-frames.ts";
import { FrameWriter } from "./frame-writer.ts";
import { errorCodes, Http2Error } from "./frames.ts";
import { RequestBlocks } from "./request-blocks.ts";
import type { Http2Stream } from "./stream.ts";

/** One for all connections: it is empty between flushes. */
const writer = new FrameWriter();

/** What goes into one write at most, and a frame more. */
const flushBytesMax = 1_024 * 1_024;
/** Answers to a server that sends PING and SETTINGS and does not read: it is no server of ours. */
const controlFramesMax = 10_000;
const streamIdMax = 2 ** 31 - 1;
const defaultWindowBytes = 65_535;

/**
 * What a connection sends. All of one turn of the event loop leaves in one write: at a low rate of
 * requests a write, its TLS record and what they wake cost more than the requests do.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #streams: Map<number, Http2Stream>;
  readonly #blocks: RequestBlocks;
  readonly #onUnsendable: (stream: Http2Stream, error: unknown) => void;
  /** Frames that obey no window. */
  #control: Buffer[] = [];
  /** Requests that are not sent yet. */
  readonly #queue = new Set<Http2Stream>();
  /** Sent, but for the rest of their bodies. */
  readonly #waiting = new Set<Http2Stream>();
  #nextId = 1;
  #window = defaultWindowBytes;
  #streamWindow = defaultWindowBytes;
  #frameBytesMax = 16_384;
  #isScheduled = false;
  #mustDrain = false;
  #isClosed = false;

  /** Streams that are sent are put into `streams`; others have headers that HTTP does not allow. */
  constructor(
    socket: Socket,
    authority: string,
    streams: Map<number, Http2Stream>,
    onUnsendable: (stream: Http2Stream, error: unknown) => void,
    clock: Clock,
  ) {
    this.#socket = socket;
    this.#streams = streams;
    this.#onUnsendable = onUnsendable;
    this.#clock = clock;
    this.#blocks = new RequestBlocks(authority);
  }

  /** Whether no stream of this number was ever open. */
  isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId >= this.#nextId;
  }

  get hasIds(): boolean {
    return this.#nextId <= streamIdMax;
  }

  add(stream: Http2Stream): void {
    this.#queue.add(stream);
    this.#schedule();
  }

  /** Sends no more of it. */
  remove(stream: Http2Stream): void {
    this.#queue.delete(stream);
    this.#waiting.delete(stream);
  }

  /** Takes back what is not sent yet. */
  takeUnsent(): readonly Http2Stream[] {
    const unsent = [...this.#queue];
    this.#queue.clear();
    return unsent;
  }

  /** @throws Http2Error when the server makes us answer more than it reads */
  control(frame: Buffer): void {
    if (this.#control.length >= controlFramesMax) {
      throw new Http2Error(errorCodes.enhanceYourCalm, "more to answer than is read");
    }
    this.#control.push(frame);
    this.#schedule();
  }

  applySettings({ headerTableSize, initialWindowSize, maxFrameSize }: PeerSettings): void {
    if (headerTableSize !== undefined) this.#blocks.limitTable(headerTableSize);
    if (maxFrameSize !== undefined) this.#frameBytesMax = maxFrameSize;
    if (initialWindowSize === undefined) return;
    const change = initialWindowSize - this.#streamWindow;
    this.#streamWindow = initialWindowSize;
    for (const stream of this.#streams.values()) widen(stream, change);
    this.#resume();
  }

  widenConnection(bytes: number): void {
    this.#window += bytes;
    if (this.#window > windowBytesMax) throw windowError();
    this.#resume();
  }

  widenStream(stream: Http2Stream, bytes: number): void {
    widen(stream, bytes);
    this.#resume();
  }

  /** Sends what is left at once, and nothing from then on. */
  close(last: Buffer): void {
    if (this.#isClosed) return;
    this.#control.push(last);
    this.#queue.clear();
    this.#waiting.clear();
    this.#mustDrain = false;
    this.#flush();
    this.#isClosed = true;
  }

  #resume(): void {
    if (this.#waiting.size > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#mustDrain || this.#isClosed) return;
    this.#isScheduled = true;
    void this.#clock.turn().then(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#isClosed || this.#mustDrain || !this.#socket.writable) return;
    for (const frame of this.#control) writer.bytes(frame);
    this.#control = [];
    for (const stream of this.#waiting) this.#sendBody(stream);
    for (const stream of this.#queue) {
      if (writer.pendingBytes >= flushBytesMax) break;
      this.#queue.delete(stream);
      this.#begin(stream);
    }
    const bytes = writer.pendingBytes;
    if (bytes === 0) return;
    if (this.#socket.write(writer.take())) {
      if (bytes >= flushBytesMax) this.#schedule();
      return;
    }
    this.#mustDrain = true;
    this.#socket.once("drain", () => {
      this.#mustDrain = false;
      if (this.#control.length + this.#queue.size + this.#waiting.size > 0) this.#schedule();
    });
  }

  #begin(stream: Http2Stream): void {
    const { body } = stream.request;
    const hasBody = body !== undefined && body.length > 0;
    let block: ReturnType<RequestBlocks["encode"]>;
    try {
      block = this.#blocks.encode(stream.request);
    } catch (error) {
      this.#onUnsendable(stream, error);
      return;
    }
    stream.id = this.#nextId;
    stream.sendWindow = this.#streamWindow;
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    writer.headers(stream.id, block, !hasBody, this.#frameBytesMax);
    if (hasBody) this.#sendBody(stream);
  }

  /** As much of the body as the windows and the bound of one write allow. */
  #sendBody(stream: Http2Stream): void {
    const { body } = stream.request;
    if (body === undefined) return;
    while (stream.sentBytes < body.length) {
      const left = body.length - stream.sentBytes;
      const bytes = Math.min(left, this.#frameBytesMax, stream.sendWindow, this.#window);
      if (bytes <= 0 || writer.pendingBytes >= flushBytesMax) {
        this.#waiting.add(stream);
        return;
      }
      const part = body.subarray(stream.sentBytes, stream.sentBytes + bytes);
      stream.sentBytes += bytes;
      stream.sendWindow -= bytes;
      this.#window -= bytes;
      writer.data(stream.id, part, stream.sentBytes === body.length);
    }
    this.#waiting.delete(stream);
  }
}

/** A window may go below zero (RFC 9113, 6.9.2), but not above its bound. */
function widen(stream: Http2Stream, bytes: number): void {
  stream.sendWindow += bytes;
  if (stream.sendWindow > windowBytesMax) throw windowError();
}

function windowError(): Http2Error {
  return new Http2Error(errorCodes.flowControlError, "a window of more than 2 GiB");
}
