import type { Socket } from "node:net";
import type { Env } from "../../base/env.ts";
import { TransportError } from "../../k8s/transport.ts";
import { connectionWindowBytes, type Outcome, streamsMax } from "../http2-implementation.ts";
import { toTransportError } from "../transport-errors.ts";
import type { WireRequest } from "../wire-request.ts";
import { AbortGroups } from "./abort-groups.ts";
import { AnswerHeaders } from "./answer-headers.ts";
import {
  frameSizeError,
  paddingBytes,
  parseGoAway,
  parseSettings,
  parseWord,
  protocolError,
} from "./control-frames.ts";
import { type FrameHandler, FrameReader } from "./frame-reader.ts";
import { frame, settingsFrame, wordsFrame } from "./frame-writer.ts";
import { errorCodes, errorName, flags, frameTypes, Http2Error, settingIds } from "./frames.ts";
import { headerListBytesMax } from "./hpack-decoder.ts";
import { Outbox } from "./outbox.ts";
import { Http2Stream, type StreamOwner, streamWindowBytes } from "./stream.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const nothing = Buffer.alloc(0);
const defaultWindowBytes = 65_535;

export interface ConnectionEvents {
  /** The server's first settings are in. */
  onSettled(): void;
  /** Nothing is or will be open. `error` says why, if it was not us who closed it. */
  onClosed(error: unknown): void;
}

/** The client's end of one HTTP/2 connection (RFC 9113). */
export class ClientConnection implements FrameHandler, StreamOwner {
  readonly #socket: Socket;
  readonly #origin: string;
  readonly #events: ConnectionEvents;
  readonly #env: Pick<Env, "log">;
  readonly #streams = new Map<number, Http2Stream>();
  readonly #reader = new FrameReader(this);
  readonly #headers = new AnswerHeaders();
  readonly #outbox: Outbox;
  readonly #aborts = new AbortGroups<Http2Stream>((stream, reason) => {
    this.#abort(stream, reason);
  });
  #state: "opening" | "open" | "leaving" | "closed" = "opening";
  /** Places that are taken: for streams, and for requests that are about to come. */
  #taken = 0;
  #limit = streamsMax;
  #receiveWindow = connectionWindowBytes;
  #onPong: (() => void) | undefined;

  constructor(
    socket: Socket,
    origin: string,
    events: ConnectionEvents,
    env: Pick<Env, "clock" | "log">,
  ) {
    this.#socket = socket;
    this.#origin = origin;
    this.#events = events;
    this.#env = env;
    const onUnsendable = (stream: Http2Stream, error: unknown): void => {
      this.#release(stream);
      stream.fail(error);
    };
    const { host } = new URL(origin);
    this.#outbox = new Outbox(socket, host, this.#streams, onUnsendable, env.clock);
    this.#outbox.control(preface);
    this.#outbox.control(
      settingsFrame([
        [settingIds.enablePush, 0],
        [settingIds.initialWindowSize, streamWindowBytes],
        [settingIds.maxHeaderListSize, headerListBytesMax],
      ]),
    );
    const more = connectionWindowBytes - defaultWindowBytes;
    this.#outbox.control(wordsFrame(frameTypes.windowUpdate, 0, more));
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.destroy(error));
    socket.on("end", () => this.destroy(new Error("the server closed the connection")));
    socket.on("close", () => this.destroy(new Error("the connection was closed")));
  }

  get openStreams(): number {
    return this.#taken;
  }

  reserve(): boolean {
    if (this.#state !== "open" || this.#taken >= this.#limit || !this.#outbox.hasIds) return false;
    this.#taken += 1;
    return true;
  }

  send(request: WireRequest): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      const stream = new Http2Stream(request, this, resolve, reject);
      if (signal?.aborted) {
        this.#release(stream);
        reject(signal.reason);
      } else if (this.#state !== "open") {
        this.#release(stream);
        stream.giveBack(new Error("the connection was closed"));
      } else {
        if (signal !== undefined) this.#aborts.add(signal, stream);
        this.#outbox.add(stream);
      }
    });
  }

  ping(onAnswer: () => void): void {
    this.#onPong = onAnswer;
    this.#outbox.control(frame(frameTypes.ping, 0, 0, Buffer.alloc(8)));
  }

  /** Closes it; what is open breaks off. */
  close(): void {
    this.#shutDown(errorCodes.noError, undefined);
  }

  /** Closes it because of an error, at once. */
  destroy(error: unknown): void {
    this.#shutDown(errorCodes.noError, error);
  }

  onFrame(
    type: number,
    frameFlags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.#state === "opening" && type !== frameTypes.settings) {
      throw protocolError("no SETTINGS at first");
    }
    if (this.#headers.isOpen && type !== frameTypes.continuation) {
      throw protocolError("headers that are not continued");
    }
    switch (type) {
      case frameTypes.data:
        this.#onData(frameFlags, streamId, bytes, start, end);
        break;
      case frameTypes.headers:
      case frameTypes.continuation:
        this.#onHeaders(type, frameFlags, streamId, bytes, start, end);
        break;
      case frameTypes.rstStream:
        this.#onReset(streamId, parseWord("RST_STREAM", bytes, start, end));
        break;
      case frameTypes.settings:
        this.#onSettings(frameFlags, streamId, bytes, start, end);
        break;
      case frameTypes.pushPromise:
        throw protocolError("a push");
      case frameTypes.ping:
        this.#onPing(frameFlags, bytes, start, end);
        break;
      case frameTypes.goAway:
        this.#onGoAway(bytes, start, end);
        break;
      case frameTypes.windowUpdate:
        this.#onWindowUpdate(streamId, parseWord("WINDOW_UPDATE", bytes, start, end));
        break;
      default: // PRIORITY says nothing to a client, and frames that are not known are not to be minded.
    }
  }

  resetStream(stream: Http2Stream, code: number): void {
    if (stream.isClosed) return;
    if (stream.id !== 0) this.#outbox.control(wordsFrame(frameTypes.rstStream, stream.id, code));
    this.#release(stream);
  }

  widenStream(stream: Http2Stream, bytes: number): void {
    this.#outbox.control(wordsFrame(frameTypes.windowUpdate, stream.id, bytes));
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      const text = this.#state === "opening" ? "what answers does not speak HTTP/2" : error.message;
      const code = errorName(error.code);
      const failure = new TransportError("protocol", `${this.#origin}: ${text} (${code})`, error);
      this.#shutDown(error.code, failure);
    }
  }

  #onData(frameFlags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0) {
      throw new Http2Error(errorCodes.flowControlError, "more than the window of the connection");
    }
    // Given back at once: what is kept of a stream is bounded by the window of that stream.
    if (this.#receiveWindow < connectionWindowBytes / 2) {
      const more = connectionWindowBytes - this.#receiveWindow;
      this.#outbox.control(wordsFrame(frameTypes.windowUpdate, 0, more));
      this.#receiveWindow = connectionWindowBytes;
    }
    const stream = this.#find(streamId);
    if (stream === undefined) return;
    const padding = paddingBytes(frameFlags, bytes, start, end);
    const isPadded = (frameFlags & flags.padded) !== 0;
    const body = bytes.subarray(isPadded ? start + 1 : start, end - padding);
    const isLast = (frameFlags & flags.endStream) !== 0;
    stream.onData(body, length - body.length, isLast);
    if (isLast) this.#finish(stream);
  }

  #onHeaders(
    type: number,
    frameFlags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const isWhole = this.#headers.add(type, frameFlags, streamId, bytes, start, end);
    if (!isWhole) return;
    const { isLast, answer } = this.#headers;
    const stream = this.#find(streamId);
    if (stream === undefined) return;
    stream.onHeaders(answer);
    if (isLast) this.#finish(stream);
  }

  #onReset(streamId: number, code: number): void {
    const stream = this.#find(streamId);
    if (stream === undefined) return;
    this.#release(stream);
    const text =
      code === errorCodes.noError
        ? "the server ended the request without an answer"
        : `the server broke the request off (${errorName(code)})`;
    const error = this.#lost(stream, new Error(text));
    if (code === errorCodes.refusedStream) stream.giveBack(error);
    else stream.fail(error);
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
    const settings = parseSettings(bytes, start, end);
    if (settings.maxConcurrentStreams !== undefined) {
      this.#limit = Math.min(settings.maxConcurrentStreams, streamsMax);
    }
    this.#outbox.applySettings(settings);
    this.#outbox.control(frame(frameTypes.settings, flags.ack, 0, nothing));
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#events.onSettled();
  }

  #onPing(frameFlags: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== 8) throw frameSizeError("PING");
    if ((frameFlags & flags.ack) === 0) {
      this.#outbox.control(frame(frameTypes.ping, flags.ack, 0, bytes.subarray(start, end)));
      return;
    }
    this.#onPong?.();
    this.#onPong = undefined;
  }

  #onGoAway(bytes: Buffer, start: number, end: number): void {
    const { lastStreamId, code } = parseGoAway(bytes, start, end);
    const server = this.#origin;
    this.#env.log.debug("the server closes a connection", { server, code, lastStreamId });
    this.#state = "leaving";
    const error = new Error("the server is closing the connection");
    const beyond = [...this.#streams.values()].filter(({ id }) => id > lastStreamId);
    for (const stream of [...beyond, ...this.#outbox.takeUnsent()]) {
      this.#release(stream);
      stream.giveBack(this.#lost(stream, error));
    }
    if (this.#taken === 0) this.close();
  }

  #onWindowUpdate(streamId: number, bytes: number): void {
    const more = bytes & 0x7fff_ffff;
    if (more === 0) throw protocolError("a window that does not widen");
    if (streamId === 0) this.#outbox.widenConnection(more);
    else {
      const stream = this.#find(streamId);
      if (stream !== undefined) this.#outbox.widenStream(stream, more);
    }
  }

  /** An open stream; undefined for one that is not open any more. @throws Http2Error */
  #find(streamId: number): Http2Stream | undefined {
    const stream = this.#streams.get(streamId);
    if (stream === undefined && this.#outbox.isIdle(streamId)) {
      throw protocolError("a frame of a stream that is not open");
    }
    return stream;
  }

  /** The answer is whole. */
  #finish(stream: Http2Stream): void {
    // Whoever answers a request before it is sent does not want the rest.
    if (!stream.isSent) this.resetStream(stream, errorCodes.noError);
    else this.#release(stream);
    stream.onEnd();
  }

  #abort(stream: Http2Stream, reason: unknown): void {
    this.resetStream(stream, errorCodes.cancel);
    stream.fail(reason);
  }

  /** Frees the place of a stream. */
  #release(stream: Http2Stream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    this.#taken -= 1;
    this.#streams.delete(stream.id);
    this.#outbox.remove(stream);
    const { signal } = stream.request;
    if (signal !== undefined) this.#aborts.remove(signal, stream);
    if (this.#state === "leaving" && this.#taken === 0) this.close();
  }

  #lost({ request }: Http2Stream, error: unknown): TransportError {
    return toTransportError(error, `${request.method} ${this.#origin}`);
  }

  #shutDown(code: number, error: unknown): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#reader.stop();
    const unsent = this.#outbox.takeUnsent();
    const open = [...this.#streams.values()];
    this.#outbox.close(wordsFrame(frameTypes.goAway, 0, 0, code));
    this.#socket.destroySoon();
    const failure = error ?? new Error("the connection was closed");
    for (const stream of unsent) {
      this.#release(stream);
      stream.giveBack(this.#lost(stream, failure));
    }
    for (const stream of open) {
      this.#release(stream);
      stream.fail(this.#lost(stream, failure));
    }
    this.#events.onClosed(error);
  }
}
