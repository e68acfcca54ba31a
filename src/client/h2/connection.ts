import type { Socket } from "node:net";
import type { Env } from "../../base/env.ts";
import { TransportError } from "../../k8s/transport.ts";
import {
  connectionWindowBytes,
  type Http2ConnectionOptions,
  type Outcome,
  streamsMax,
} from "../http2-implementation.ts";
import { toTransportError } from "../transport-errors.ts";
import type { WireRequest } from "../wire-request.ts";
import { AbortGroups } from "./abort-groups.ts";
import type { AnswerHead } from "./answer-headers.ts";
import { type GoAway, type PeerSettings, protocolError } from "./control-frames.ts";
import { FrameDecoder, type FrameEvents } from "./frame-decoder.ts";
import { frame, wordsFrame } from "./frame-writer.ts";
import { errorCodes, errorName, flags, frameTypes, Http2Error } from "./frames.ts";
import { Outbox } from "./outbox.ts";
import { openingFrames } from "./preface.ts";
import { Http2Stream, type StreamOwner } from "./stream.ts";

const nothing = Buffer.alloc(0);

export interface ConnectionEvents {
  /** The server's first settings are in. */
  onSettled(): void;
  /** Nothing is or will be open. `error` says why, if it was not us who closed it. */
  onClosed(error: unknown): void;
}

/** The client's end of one HTTP/2 connection (RFC 9113). */
export class ClientConnection implements FrameEvents, StreamOwner {
  readonly #socket: Socket;
  readonly #origin: string;
  readonly #events: ConnectionEvents;
  readonly #env: Pick<Env, "log">;
  readonly #streams = new Map<number, Http2Stream>();
  readonly #decoder = new FrameDecoder(this);
  readonly #outbox: Outbox;
  readonly #aborts = new AbortGroups<Http2Stream>((stream, reason) => {
    this.#abort(stream, reason);
  });
  #state: "opening" | "open" | "leaving" | "closed" = "opening";
  /** Places that are taken: for streams, and for requests that are about to come. */
  #taken = 0;
  #limit = streamsMax;
  #receiveWindow = connectionWindowBytes;
  #awaitsPong: (() => void) | undefined;

  constructor(
    socket: Socket,
    { origin, headerTableBytes }: Pick<Http2ConnectionOptions, "origin" | "headerTableBytes">,
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
    this.#outbox.control(openingFrames(headerTableBytes));
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
    this.#awaitsPong = onAnswer;
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

  onData(streamId: number, body: Buffer, overheadBytes: number, isLast: boolean): void {
    this.#receiveWindow -= body.length + overheadBytes;
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
    stream.onData(body, overheadBytes, isLast);
    if (isLast) this.#finish(stream);
  }

  onHeaders(streamId: number, head: AnswerHead, isLast: boolean): void {
    const stream = this.#find(streamId);
    if (stream === undefined) return;
    stream.onHeaders(head);
    if (isLast) this.#finish(stream);
  }

  onReset(streamId: number, code: number): void {
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

  onSettings(settings: PeerSettings): void {
    if (settings.maxConcurrentStreams !== undefined) {
      this.#limit = Math.min(settings.maxConcurrentStreams, streamsMax);
    }
    this.#outbox.applySettings(settings);
    this.#outbox.control(frame(frameTypes.settings, flags.ack, 0, nothing));
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#events.onSettled();
  }

  onPing(payload: Buffer): void {
    this.#outbox.control(frame(frameTypes.ping, flags.ack, 0, payload));
  }

  onPong(): void {
    this.#awaitsPong?.();
    this.#awaitsPong = undefined;
  }

  onGoAway({ lastStreamId, code }: GoAway): void {
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

  onWindowUpdate(streamId: number, bytes: number): void {
    if (streamId === 0) this.#outbox.widenConnection(bytes);
    else {
      const stream = this.#find(streamId);
      if (stream !== undefined) this.#outbox.widenStream(stream, bytes);
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
      this.#decoder.push(chunk);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      const text = this.#state === "opening" ? "what answers does not speak HTTP/2" : error.message;
      const code = errorName(error.code);
      const failure = new TransportError("protocol", `${this.#origin}: ${text} (${code})`, error);
      this.#shutDown(error.code, failure);
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
    this.#decoder.stop();
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
