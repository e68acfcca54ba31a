import type { Readable } from "node:stream";
import {
  type ApiResponse,
  TransportError,
  type WatchHandle,
  type WatchSink,
} from "../k8s/transport.ts";
import type { Decoding } from "./decoding.ts";
import { WatchBody } from "./watch-body.ts";
import type { WireRequest } from "./wire-request.ts";

/** The largest answer that is held in memory: a list of 100,000 pods is half of it. */
export const answerBytesMax: number = 1_024 * 1_024 * 1_024;

export function tooLarge(): TransportError {
  return new TransportError("protocol", `an answer of more than ${answerBytesMax} bytes`);
}

/** What both versions of HTTP have of an answer once its headers are in. */
export interface AnswerSource {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Paused until somebody reads it. */
  readonly stream: Readable;
  /** Ends the exchange, because nobody wants the rest. */
  cancel(): void;
  /** Why the stream closed before its end; undefined when its end was the end. To be asked after `close`. */
  failure(): unknown;
}

/** Collects the body. @throws TransportError when it breaks off */
function readAll(source: AnswerSource): Promise<ApiResponse> {
  const { stream, status, headers } = source;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let isEnded = false;
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= answerBytesMax) return;
      reject(tooLarge());
      source.cancel();
    });
    const finish = (): void => {
      const failure = source.failure();
      if (!isEnded || failure !== undefined) {
        reject(failure ?? new TransportError("connection-lost", "the answer broke off"));
        return;
      }
      const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
      resolve({ status, headers, body: { kind: "bytes", bytes: bytes ?? new Uint8Array() } });
    };
    stream.on("end", () => {
      isEnded = true;
      // HTTP/2 ends the stream of a cancelled answer too; its close says which it was.
      if (source.failure() === undefined) finish();
    });
    stream.on("close", finish);
  });
}

/** Makes a watch of the body: the events of one chunk are one batch. */
function openWatchBody(source: AnswerSource, decoding: Decoding, sink: WatchSink): WatchHandle {
  const { stream } = source;
  const body = new WatchBody(sink, source, source.headers["content-type"], decoding);
  const onClose = (): void => {
    const failure = source.failure();
    if (failure === undefined) body.end();
    else body.fail(failure);
  };
  stream.on("data", (chunk: Buffer) => body.data(chunk));
  if (stream.closed) queueMicrotask(onClose);
  else stream.on("close", onClose);
  return body;
}

/** The chunks as they come; who stops reading ends the exchange. */
async function* readChunks(source: AnswerSource): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source.stream) yield chunk as Buffer;
    const failure = source.failure();
    if (failure !== undefined) throw failure;
  } finally {
    source.cancel();
  }
}

/** The answer, its body taken as asked; refusals are always read whole. */
export function answerFrom(
  source: AnswerSource,
  { answer: how, decoding }: Pick<WireRequest, "answer" | "decoding">,
): ApiResponse | Promise<ApiResponse> {
  const { status, headers } = source;
  if (how === "bytes" || status >= 300) return readAll(source);
  if (how === "stream")
    return { status, headers, body: { kind: "stream", chunks: readChunks(source) } };
  const open = (sink: WatchSink): WatchHandle => openWatchBody(source, decoding, sink);
  return { status, headers, body: { kind: "watch", open } };
}
