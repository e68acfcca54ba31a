import type { Socket } from "node:net";
import type { Env } from "../base/env.ts";
import type { ApiResponse } from "../k8s/transport.ts";
import type { WireRequest } from "./wire-request.ts";

/** What became of a request that was sent on one connection. */
export type Outcome =
  | { readonly kind: "answered"; readonly response: ApiResponse }
  /** The server has not looked at it and never will: it can be sent again on another connection. */
  | { readonly kind: "unprocessed"; readonly error: unknown };

export interface Http2ConnectionOptions {
  /** `https://host:6443` */
  readonly origin: string;
  /**
   * How much of the headers of earlier answers the server may refer to, in bytes: 0 or 4,096. It
   * spares their decoding, at the price of keeping them.
   */
  readonly headerTableBytes: number;
  /** Without an answer of the server for so long it is pinged, in milliseconds. */
  readonly pingAfterMs: number;
  /** How long the answer to a ping may take, in milliseconds. */
  readonly pingTimeoutMs: number;
  /** Without a request for so long it is closed, in milliseconds. */
  readonly closeAfterMs: number;
}

/** One connection, ready for requests. */
export interface Http2Connection {
  /** Keeps a place for one more request; false if there is none. */
  reserve(): boolean;
  /** Sends a request in the place that was kept for it. */
  send(request: WireRequest): Promise<Outcome>;
  close(): void;
}

/**
 * Makes an HTTP/2 connection of a socket whose server has chosen h2. Resolves when the server's
 * settings are in: before that nobody knows how many streams it takes. `onClosed` is called once,
 * also for a connection that `close` has closed.
 *
 * @throws TransportError
 */
export type OpenHttp2Connection = (
  socket: Socket,
  options: Http2ConnectionOptions,
  onClosed: () => void,
  env: Pick<Env, "clock" | "log">,
) => Promise<Http2Connection>;

/** For a server that sets no limit. */
export const streamsMax = 1_000;

/** How much a server may send on all streams together before it is told to go on. */
export const connectionWindowBytes: number = 64 * 1_024 * 1_024;
