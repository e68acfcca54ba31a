import type { Env } from "../base/env.ts";
import type { ApiRequest, ApiResponse, Transport } from "../k8s/transport.ts";
import { impersonationHeaders, type ServerConnection } from "./connection.ts";
import type { Credentials } from "./credentials.ts";
import { type Decoding, plainDecoding } from "./decoding.ts";
import { createServerAddress, type Dialer } from "./dialer.ts";
import { openOwnHttp2Connection } from "./h2/open-connection.ts";
import { createHttp1Pool, type Http1Pool } from "./http1-transport.ts";
import { openNodeHttp2Connection } from "./http2-connection.ts";
import type { OpenHttp2Connection } from "./http2-implementation.ts";
import {
  type ConnectionObserver,
  closedError,
  createHttp2Pool,
  type Lanes,
  NoHttp2Error,
} from "./http2-pool.ts";
import {
  createHeaderMerger,
  type HeaderMerger,
  type WireRequest,
  wireRequest,
} from "./wire-request.ts";

export interface Http2TransportOptions {
  /**
   * Whose HTTP/2 to speak: `own` is made for thousands of clients in one process and costs a
   * fraction of `node`, which is `node:http2`. Default `own`.
   */
  readonly http2?: "own" | "node";
  /** Hears of its connections of HTTP/2. */
  readonly observer?: ConnectionObserver;
}

const implementations: Readonly<Record<"own" | "node", OpenHttp2Connection>> = {
  own: openOwnHttp2Connection,
  node: openNodeHttp2Connection,
};

/**
 * The way to an API server over the network: HTTP/2 over TLS with as many connections as the open
 * requests need, or HTTP/1.1 where the server has no HTTP/2 or its URL is `http://`. It connects
 * with its first request; disposing it ends all that are open.
 *
 * @throws TransportError if a URL of `connection` cannot be used.
 */
export function createHttp2Transport(
  connection: ServerConnection,
  env: Pick<Env, "clock" | "log">,
  options: Http2TransportOptions = {},
): Transport & AsyncDisposable {
  const { credentials, impersonation } = connection;
  const headersOf = createHeaderMerger(impersonationHeaders(impersonation));
  const dialer = createServerAddress(connection, env).dialer();
  return transportOf(
    { dialer, credentials, headersOf, lanes: "apart", decoding: plainDecoding, ...options },
    env,
  );
}

/** What a transport is made of; all but the dialer may be shared with others. */
export interface TransportParts extends Http2TransportOptions {
  readonly dialer: Dialer;
  readonly credentials: Credentials | undefined;
  readonly headersOf: HeaderMerger;
  readonly lanes: Lanes;
  readonly decoding: Decoding;
  /** How long to wait before another connection is made where there was one, in milliseconds. */
  readonly reconnectDelayMs?: () => number;
}

export function transportOf(
  parts: TransportParts,
  env: Pick<Env, "clock" | "log">,
): Transport & AsyncDisposable {
  const { dialer, credentials, headersOf, lanes, decoding } = parts;
  const { observer, reconnectDelayMs, http2: implementation = "own" } = parts;
  const prefix = dialer.url.pathname.replace(/\/+$/, "");
  const pool = { lanes, observer, reconnectDelayMs };
  const http2 = createHttp2Pool(dialer, implementations[implementation], pool, env);
  let http1: Http1Pool | undefined;
  let speaksHttp2 = dialer.isTls;
  let isClosed = false;

  const sendHttp1 = (request: WireRequest): Promise<ApiResponse> => {
    http1 ??= createHttp1Pool(dialer);
    return http1.send(request);
  };

  async function sendWire(request: WireRequest): Promise<ApiResponse> {
    if (isClosed) throw closedError();
    if (!speaksHttp2) return sendHttp1(request);
    try {
      return await http2.send(request);
    } catch (error) {
      if (!(error instanceof NoHttp2Error)) throw error;
      // What the server offered once it offers again: it is not asked for HTTP/2 any more.
      speaksHttp2 = false;
      return sendHttp1(request);
    }
  }

  async function send(request: ApiRequest): Promise<ApiResponse> {
    const given = credentials?.authorization();
    // Awaited only when it must be: what is sent in one tick shall leave in one write.
    const authorization = given instanceof Promise ? await given : given;
    const headers = headersOf(request.headers, authorization);
    const response = await sendWire(wireRequest(request, prefix, headers, decoding));
    if (response.status !== 401 || credentials?.rejected === undefined) {
      return request.method === "GET" ? decoding.answer(response) : response;
    }
    if (!(await credentials.rejected(authorization))) return response;
    const renewed = headersOf(request.headers, await credentials.authorization());
    return sendWire(wireRequest(request, prefix, renewed, decoding));
  }

  return Object.assign(send, {
    async [Symbol.asyncDispose]() {
      isClosed = true;
      dialer.close();
      http2.close();
      http1?.close();
    },
  });
}
