import { AnswerHeaders } from "../../src/client/h2/answer-headers.ts";
import { type FrameHandler, FrameReader } from "../../src/client/h2/frame-reader.ts";
import { frameTypes } from "../../src/client/h2/frames.ts";

/** The headers of one request that the audit log leaves out. */
export interface RequestHeaders {
  /** That of the request's lines in the audit log. */
  readonly auditID: string;
  readonly accept?: string;
  readonly contentType?: string;
  /** Of the answer. */
  readonly answerContentType?: string;
}

type Fields = Readonly<Record<string, string>>;

/** What a client says before its first frame (RFC 9113, 3.4). */
const prefaceBytes = 24;
/** As much as any peer may have asked for in its settings. */
const payloadBytesMax = 2 ** 24 - 1;

/**
 * Reads along an HTTP/2 connection, and changes nothing of it.
 *
 * @param note takes the headers of each request when its answer begins
 */
export class HeaderTap {
  readonly #requests = new Map<number, Fields>();
  readonly #client: FrameReader;
  readonly #server: FrameReader;
  #prefaceLeft = prefaceBytes;

  constructor(note: (headers: RequestHeaders) => void) {
    const forget = (streamId: number): void => {
      this.#requests.delete(streamId);
    };
    this.#client = headersReader(
      (streamId, fields) => this.#requests.set(streamId, fields),
      forget,
    );
    this.#server = headersReader((streamId, fields) => {
      const request = this.#requests.get(streamId);
      if (request === undefined) return; // Trailers: its headers have been noted.
      forget(streamId);
      note(toRequestHeaders(request, fields));
    }, forget);
  }

  /** @throws Http2Error for what is no HTTP/2 */
  fromClient(chunk: Buffer): void {
    const skipped = Math.min(this.#prefaceLeft, chunk.length);
    this.#prefaceLeft -= skipped;
    this.#client.push(chunk.subarray(skipped));
  }

  /** @throws Http2Error for what is no HTTP/2 */
  fromServer(chunk: Buffer): void {
    this.#server.push(chunk);
  }
}

function headersReader(
  onHeaders: (streamId: number, fields: Fields) => void,
  onReset: (streamId: number) => void,
): FrameReader {
  const headers = new AnswerHeaders(); // Those of requests are made of the same frames.
  const handler: FrameHandler = {
    onFrame(type, frameFlags, streamId, bytes, start, end) {
      if (type === frameTypes.rstStream) onReset(streamId);
      if (type !== frameTypes.headers && type !== frameTypes.continuation) return;
      if (headers.add(type, frameFlags, streamId, bytes, start, end)) {
        onHeaders(streamId, headers.head.headers);
      }
    },
  };
  return new FrameReader(handler, payloadBytesMax);
}

function toRequestHeaders(request: Fields, answer: Fields): RequestHeaders {
  const { accept, "content-type": contentType } = request;
  const { "audit-id": auditID = "", "content-type": answerContentType } = answer;
  return {
    auditID,
    ...(accept === undefined ? {} : { accept }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(answerContentType === undefined ? {} : { answerContentType }),
  };
}
