import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";

/** One server speaks both protocols; what is used here they have in common. */
export type HttpRequest = Http2ServerRequest | IncomingMessage;

/** What the responses of both protocols have in common. */
export interface HttpResponse extends NodeJS.WritableStream {
  readonly headersSent: boolean;
  /** Bytes that wait for the connection. */
  readonly writableLength: number;
  readonly destroyed: boolean;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  /** Only of HTTP/1.1: HTTP/2 sends the head at once. */
  flushHeaders?(): void;
  destroy(): unknown;
}
