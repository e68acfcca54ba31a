import type { ApiResponse } from "../../k8s/transport.ts";
import type { Outcome } from "../http2-implementation.ts";
import type { WireRequest } from "../wire-request.ts";
import {
  type BodyReceiver,
  type BodySource,
  ChunkedBody,
  CollectedBody,
  UnopenedWatch,
} from "./body-receivers.ts";
import { protocolError } from "./control-frames.ts";
import { errorCodes, Http2Error } from "./frames.ts";

/** How much the server may send on one stream before it is told to go on, as Go's client has it. */
export const streamWindowBytes: number = 4 * 1_024 * 1_024;

/** What a stream asks of its connection. */
export interface StreamOwner {
  /** Ends the stream on our side. */
  resetStream(stream: Http2Stream, code: number): void;
  /** Lets the server send so many bytes more. */
  widenStream(stream: Http2Stream, bytes: number): void;
}

type Answer = Pick<ApiResponse, "status" | "headers">;

/** One request and its answer. */
export class Http2Stream implements BodySource {
  readonly request: WireRequest;
  /** 0 until it is sent. */
  id = 0;
  /** How much of the request's body is sent. */
  sentBytes = 0;
  sendWindow = 0;
  isClosed = false;
  readonly #owner: StreamOwner;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #reject: (error: unknown) => void;
  #receiver: BodyReceiver | undefined;
  #receiveWindow = streamWindowBytes;
  /** Done with, and not yet given back to the server. */
  #unacknowledged = 0;

  constructor(
    request: WireRequest,
    owner: StreamOwner,
    resolve: (outcome: Outcome) => void,
    reject: (error: unknown) => void,
  ) {
    this.request = request;
    this.#owner = owner;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get isSent(): boolean {
    const { body } = this.request;
    return this.id !== 0 && (body === undefined || this.sentBytes === body.length);
  }

  /** The headers of the answer, or trailers, which say nothing to us. */
  onHeaders(answer: Answer): void {
    if (this.#receiver !== undefined || (answer.status >= 100 && answer.status < 200)) return;
    if (!(answer.status >= 200 && answer.status <= 599))
      throw protocolError("an answer of no status");
    const how = answer.status >= 300 ? "bytes" : this.request.answer;
    if (how === "bytes") {
      const answered = (response: ApiResponse) => this.#resolve({ kind: "answered", response });
      this.#receiver = new CollectedBody(answer, this, answered, this.#reject);
      return;
    }
    if (how === "watch") {
      const watch = new UnopenedWatch(this, answer.headers["content-type"], this.request.decoding);
      this.#receiver = watch;
      this.#answered(answer, { kind: "watch", open: (sink) => watch.open(sink) });
    } else {
      const body = new ChunkedBody(this);
      this.#receiver = body;
      this.#answered(answer, { kind: "stream", chunks: body.read() });
    }
  }

  /** @throws Http2Error for more than the window allows, and for a body before its headers */
  onData(bytes: Buffer, paddingBytes: number, isLast: boolean): void {
    this.#receiveWindow -= bytes.length + paddingBytes;
    if (this.#receiveWindow < 0) {
      throw new Http2Error(errorCodes.flowControlError, "more than the window of a stream");
    }
    if (this.#receiver === undefined) throw protocolError("a body before its headers");
    this.#unacknowledged += bytes.length + paddingBytes;
    if (bytes.length > 0) this.#receiver.data(bytes);
    if (!isLast) this.#acknowledge();
  }

  /** The answer is whole. */
  onEnd(): void {
    this.#receiver?.end();
  }

  fail(error: unknown): void {
    if (this.#receiver === undefined) this.#reject(error);
    else this.#receiver.fail(error);
  }

  /** The server has not looked at it and never will. */
  giveBack(error: unknown): void {
    if (this.#receiver === undefined) this.#resolve({ kind: "unprocessed", error });
    else this.#receiver.fail(error);
  }

  cancel(): void {
    this.#owner.resetStream(this, errorCodes.cancel);
  }

  kept(bytes: number): void {
    this.#unacknowledged -= bytes;
  }

  consumed(bytes: number): void {
    this.#unacknowledged += bytes;
    this.#acknowledge();
  }

  redirect(receiver: BodyReceiver): void {
    this.#receiver = receiver;
  }

  #answered({ status, headers }: Answer, body: ApiResponse["body"]): void {
    this.#resolve({ kind: "answered", response: { status, headers, body } });
  }

  /** In large steps: a WINDOW_UPDATE for each frame would be half of what we send. */
  #acknowledge(): void {
    if (this.isClosed || this.#unacknowledged < streamWindowBytes / 2) return;
    this.#receiveWindow += this.#unacknowledged;
    this.#owner.widenStream(this, this.#unacknowledged);
    this.#unacknowledged = 0;
  }
}
