import type { Env } from "../base/env.ts";
import {
  type ApiRequest,
  type ApiResponse,
  type Transport,
  TransportError,
} from "../k8s/transport.ts";
import { impersonationHeaders, type ServerConnection } from "./connection.ts";
import { createDialer } from "./dialer.ts";
import { openOwnHttp2Connection } from "./h2/open-connection.ts";
import { createHttp1Pool } from "./http1-transport.ts";
import { openNodeHttp2Connection } from "./http2-connection.ts";
import type { OpenHttp2Connection } from "./http2-implementation.ts";
import { createHttp2Pool, NoHttp2Error } from "./http2-pool.ts";
import { createHeaderMerger, type WireRequest, wireRequest } from "./wire-request.ts";

export interface Http2TransportOptions {
  /**
   * Whose HTTP/2 to speak: `own` is made for thousands of clients in one process and costs a
   * fraction of `node`, which is `node:http2`. Default `own`.
   */
  readonly http2?: "own" | "node";
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
  { http2: implementation = "own" }: Http2TransportOptions = {},
): Transport & AsyncDisposable {
  const { credentials } = connection;
  const dialer = createDialer(connection, env);
  const prefix = dialer.url.pathname.replace(/\/+$/, "");
  const headersOf = createHeaderMerger(impersonationHeaders(connection.impersonation));
  const http2 = createHttp2Pool(dialer, implementations[implementation], env);
  const http1 = createHttp1Pool(dialer);
  let speaksHttp2 = dialer.isTls;
  let isClosed = false;

  async function sendWire(request: WireRequest): Promise<ApiResponse> {
    if (isClosed) throw new TransportError("connection-lost", "the transport is closed");
    if (!speaksHttp2) return http1.send(request);
    try {
      return await http2.send(request);
    } catch (error) {
      if (!(error instanceof NoHttp2Error)) throw error;
      // What the server offered once it offers again: it is not asked for HTTP/2 any more.
      speaksHttp2 = false;
      return http1.send(request);
    }
  }

  async function send(request: ApiRequest): Promise<ApiResponse> {
    const given = credentials?.authorization();
    // Awaited only when it must be: what is sent in one tick shall leave in one write.
    const authorization = given instanceof Promise ? await given : given;
    const headers = headersOf(request.headers, authorization);
    const response = await sendWire(wireRequest(request, prefix, headers));
    if (response.status !== 401 || credentials?.rejected === undefined) return response;
    if (!(await credentials.rejected(authorization))) return response;
    const renewed = await credentials.authorization();
    return sendWire(wireRequest(request, prefix, headersOf(request.headers, renewed)));
  }

  return Object.assign(send, {
    async [Symbol.asyncDispose]() {
      isClosed = true;
      dialer.close();
      http2.close();
      http1.close();
    },
  });
}
