import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { onAbort } from "../base/on-abort.ts";
import { type AnswerSource, answerFrom } from "./answer-stream.ts";
import type { Outcome } from "./http2-implementation.ts";
import { toTransportError } from "./transport-errors.ts";
import type { WireRequest } from "./wire-request.ts";

export interface ExchangeContext {
  /** For messages: `https://host:6443`. */
  readonly where: string;
  /** Once the connection is being given up: the last stream that the server has worked on. */
  lastProcessedId(): number | undefined;
  /** The stream is closed: its place is free again. */
  onClosed(): void;
}

/**
 * Sends one request on a session. Rejects with a TransportError, or the reason of the request's
 * signal. Frames of one tick of the event loop leave in one write: Node flushes a session once a
 * tick.
 */
export function exchange(
  session: ClientHttp2Session,
  request: WireRequest,
  context: ExchangeContext,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { signal, body } = request;
    if (signal?.aborted) {
      context.onClosed();
      reject(signal.reason);
      return;
    }
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(
        { ":method": request.method, ":path": request.path, ...request.headers },
        { endStream: body === undefined },
      );
    } catch (error) {
      context.onClosed(); // The session has just been closed.
      resolve({ kind: "unprocessed", error });
      return;
    }
    if (body !== undefined) stream.end(body);

    let isAnswered = false;
    let failed: unknown;
    const failure = (): unknown => {
      if (failed !== undefined) return failed;
      const code = stream.rstCode ?? constants.NGHTTP2_NO_ERROR;
      if (code === constants.NGHTTP2_NO_ERROR && !stream.aborted) return undefined;
      return toTransportError(streamError(code), `${request.method} ${context.where}`);
    };

    const unlisten = onAbort(signal, () => {
      failed = signal?.reason;
      stream.close(constants.NGHTTP2_CANCEL);
      reject(signal?.reason);
    });
    stream.on("response", (headers) => {
      isAnswered = true;
      const source: AnswerSource = {
        status: Number(headers[":status"]),
        headers: plainHeaders(headers),
        stream,
        cancel: () => stream.close(constants.NGHTTP2_CANCEL),
        failure,
      };
      const taken = answerFrom(source, request);
      if (taken instanceof Promise) {
        taken.then((response) => resolve({ kind: "answered", response }), reject);
      } else resolve({ kind: "answered", response: taken });
    });
    stream.on("error", (error) => {
      failed ??= toTransportError(error, `${request.method} ${context.where}`);
    });
    stream.on("close", () => {
      unlisten();
      context.onClosed();
      if (isAnswered) return; // Whoever reads the body has seen it close.
      const error =
        failure() ?? toTransportError(streamError(0), `${request.method} ${context.where}`);
      if (isUnprocessed(stream, context) && signal?.aborted !== true)
        resolve({ kind: "unprocessed", error });
      else reject(error);
    });
  });
}

/** Refused, or beyond what the server says it has worked on, or never sent. */
function isUnprocessed(stream: ClientHttp2Stream, context: ExchangeContext): boolean {
  if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return true;
  if (stream.id === undefined) return true;
  const last = context.lastProcessedId();
  return last !== undefined && stream.id > last;
}

const codeNames = new Map(
  Object.entries(constants)
    .filter(([name]) => /^NGHTTP2_[A-Z_]+$/.test(name) && !name.startsWith("NGHTTP2_ERR"))
    .map(([name, code]) => [code, name.slice("NGHTTP2_".length)]),
);

function streamError(code: number): Error {
  if (code === constants.NGHTTP2_NO_ERROR)
    return new Error("the server ended the request without an answer");
  return new Error(`the server broke the request off (${codeNames.get(code) ?? code})`);
}

function plainHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (name.startsWith(":") || value === undefined) continue;
    plain[name] = typeof value === "string" ? value : value.join(", ");
  }
  return plain;
}
