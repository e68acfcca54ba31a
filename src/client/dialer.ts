import type { Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Env } from "../base/env.ts";
import { TransportError } from "../k8s/transport.ts";
import type { ServerConnection } from "./connection.ts";
import { type DialOptions, dial, unbracketed } from "./dial.ts";

/** Opens connections to one server. */
export interface Dialer {
  readonly url: URL;
  readonly isTls: boolean;
  open(alpn: readonly string[]): Promise<Socket>;
  /** Gives up what is being opened; what is open stays. */
  close(): void;
}

/** client-go's dial timeout. */
const connectTimeoutMs = 30_000;

/** @throws TransportError if the server's or the proxy's URL cannot be used. */
export function createDialer(connection: ServerConnection, env: Pick<Env, "clock">): Dialer {
  const url = parseUrl("server", connection.server, ["https:", "http:"]);
  const isTls = url.protocol === "https:";
  const host = unbracketed(url.hostname);
  const stop = new AbortController();
  const target: DialOptions = {
    signal: stop.signal,
    host,
    port: Number(url.port) || (isTls ? 443 : 80),
    timeoutMs: connectTimeoutMs,
    ...(connection.proxyUrl === undefined
      ? {}
      : { proxy: parseUrl("proxy", connection.proxyUrl, ["http:", "https:"]) }),
  };
  const secureContextOf = createContexts(connection);

  return {
    url,
    isTls,
    async open(alpn) {
      if (!isTls) return dial(target, env);
      const { serverName = host, insecure = false } = connection.tls ?? {};
      const secureContext = await secureContextOf();
      return dial({ ...target, tls: { secureContext, serverName, insecure, alpn } }, env);
    },
    close: () => stop.abort(new TransportError("connection-lost", "the transport is closed")),
  };
}

/** A plug-in may give a new client certificate at any time; the context is made anew only then. */
function createContexts(connection: ServerConnection): () => Promise<SecureContext> {
  const { ca, ...fromConfig } = connection.tls ?? {};
  let made: { readonly cert: string | undefined; readonly context: SecureContext } | undefined;
  return async () => {
    const { cert, key } = (await connection.credentials?.clientCertificate?.()) ?? fromConfig;
    if (made !== undefined && made.cert === cert) return made.context;
    try {
      const context = createSecureContext({
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      });
      made = { cert, context };
      return context;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new TransportError("tls", `the certificates cannot be used: ${why}`, error);
    }
  };
}

function parseUrl(what: string, text: string, protocols: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && protocols.includes(url.protocol)) return url;
  const expected = protocols.map((name) => `${name}//`).join(" or ");
  throw new TransportError(
    "unreachable",
    `${what}: expected a URL with ${expected}, found "${text}"`,
  );
}
