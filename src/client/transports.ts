import type { Env } from "../base/env.ts";
import type { Transport } from "../k8s/transport.ts";
import { type Impersonation, impersonationHeaders, type ServerConnection } from "./connection.ts";
import type { ClientCertificate } from "./credentials.ts";
import { createSharedDecoding, plainDecoding } from "./decoding.ts";
import { createServerAddress } from "./dialer.ts";
import { type Http2TransportOptions, transportOf } from "./http2-transport.ts";
import { createHeaderMerger } from "./wire-request.ts";

/** As whom a transport is used, in place of the connection's own user. */
export interface TransportIdentity {
  /** Headers that the connection's user must have the right to send. */
  readonly impersonation?: Impersonation;
  /** What to show in the TLS handshake; neither the connection's credentials nor its impersonation are sent then. */
  readonly certificate?: ClientCertificate;
}

export interface TransportsOptions extends Http2TransportOptions {
  /**
   * Whether the transports share the objects of events and lists that come to many of them, which
   * then are frozen, and without `metadata.managedFields`. Default true.
   */
  readonly sharedDecoding?: boolean;
  /**
   * Up to how long a transport waits, each as chance has it, before it connects again when its
   * connection was lost, in milliseconds: so that thousands of nodes do not come back to a server at
   * once. Default 0, as client-go, whose nodes do.
   */
  readonly reconnectJitterMs?: number;
}

/** The ways of many clients to one API server. */
export interface Transports {
  /**
   * One client's way: with connections of its own, one as long as the server takes all its requests
   * on it, which is what a process of Go has. It connects with its first request.
   */
  open(as?: TransportIdentity): Transport & AsyncDisposable;
}

/**
 * Transports to one server that share what can be shared, so that a process can have 10,000: the
 * address, the contexts of TLS, and the merged headers of who is nobody in particular.
 *
 * @throws TransportError if a URL of `connection` cannot be used.
 */
export function createTransports(
  connection: ServerConnection,
  env: Pick<Env, "clock" | "log" | "random">,
  { sharedDecoding = true, reconnectJitterMs = 0, ...options }: TransportsOptions = {},
): Transports {
  const address = createServerAddress(connection, env);
  const decoding = sharedDecoding ? createSharedDecoding() : plainDecoding;
  const reconnectDelayMs = (): number => env.random.next() * reconnectJitterMs;
  const shared = {
    lanes: "together",
    decoding,
    ...(reconnectJitterMs > 0 ? { reconnectDelayMs } : {}),
    ...options,
  } as const;
  const headersOfAll = createHeaderMerger(impersonationHeaders(connection.impersonation));
  return {
    open({ impersonation, certificate } = {}) {
      const isItself = impersonation === undefined && certificate === undefined;
      const headersOf = isItself
        ? headersOfAll
        : createHeaderMerger(impersonationHeaders(impersonation));
      const credentials = certificate === undefined ? connection.credentials : undefined;
      const dialer = address.dialer(certificate);
      return transportOf({ dialer, credentials, headersOf, ...shared }, env);
    },
  };
}
