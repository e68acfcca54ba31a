import type { JsonObject } from "./json.ts";

/** Who sends a request. Set by whoever authenticated it, never read from the wire. */
export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
}

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A body: bytes of the type that `content-type` names, or, within one process, a parsed object. */
export type RequestBody =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "object"; readonly value: object };

/** One request to an API server. */
export interface ApiRequest {
  readonly method: HttpMethod;
  /** Absolute path without query, already percent-encoded: `/api/v1/nodes`. */
  readonly path: string;
  /** Query parameters, not percent-encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /** Header names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Ends the request; a watch ends with it. */
  readonly signal?: AbortSignal;
  /** The identity, when the caller is trusted to know it: in one process, or behind a listener. */
  readonly user?: UserInfo;
}

/** One event of a watch. `object` is shared: never change it. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: JsonObject;
}

/** Where the events of a watch go. */
export interface WatchSink {
  /** Events in order, as many as are at hand. Must not throw. */
  events(batch: readonly WatchEvent[]): void;
  /** The watch is over: by its timeout or by the server (no error), or because it broke. Called once. */
  closed(error?: unknown): void;
}

/** A running watch. */
export interface WatchHandle {
  /** Ends it; no call of the sink follows. */
  stop(): void;
}

export type ResponseBody =
  | { readonly kind: "none" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "object"; readonly value: JsonObject }
  /** Opened once, by whoever takes the response. The first call of the sink may come within `open`. */
  | { readonly kind: "watch"; open(sink: WatchSink): WatchHandle }
  /** Bytes that come with time, such as a log. */
  | { readonly kind: "stream"; readonly chunks: AsyncIterable<Uint8Array> };

export interface ApiResponse {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
}

/**
 * The one seam of the network: HTTP/2 client, embedded API server, fault injector and recorder are
 * all of this type, so they compose. An answer of any status is a value; a promise is rejected
 * only when there is no answer (`TransportError`, or the reason of the request's signal).
 */
export type Transport = (request: ApiRequest) => Promise<ApiResponse>;

export type TransportErrorReason =
  /** Nobody listens, the name does not resolve, or the network is not reachable. */
  | "unreachable"
  /** The certificate is not trusted, has expired, or is for another name. */
  | "tls"
  /** What listens there does not speak HTTP as an API server does. */
  | "protocol"
  /** The connection broke while the answer was awaited. */
  | "connection-lost"
  /** No answer came in time. */
  | "timeout"
  /** The transport was disposed by its owner. */
  | "closed"
  /** No credentials could be had: a plug-in or a token file failed. */
  | "credentials";

/** There was no answer. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly reason: TransportErrorReason;
  constructor(reason: TransportErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
