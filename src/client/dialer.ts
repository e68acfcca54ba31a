import type { Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Env } from "../base/env.ts";
import { TransportError } from "../k8s/transport.ts";
import type { ServerConnection } from "./connection.ts";
import type { ClientCertificate } from "./credentials.ts";
import { type DialOptions, dial, unbracketed } from "./dial.ts";

/** Opens connections to one server, as one client. */
export interface Dialer {
  readonly url: URL;
  readonly isTls: boolean;
  open(alpn: readonly string[]): Promise<Socket>;
  /** Gives up what is being opened; what is open stays. */
  close(): void;
}

/** What many clients of one server share: its address, and the contexts of TLS. */
export interface ServerAddress {
  readonly url: URL;
  /** The dialer of one client; `certificate` is its own, in place of the connection's. */
  dialer(certificate?: ClientCertificate): Dialer;
}

/** client-go's dial timeout. */
const connectTimeoutMs = 30_000;

/** @throws TransportError if the server's or the proxy's URL cannot be used. */
export function createServerAddress(
  connection: ServerConnection,
  env: Pick<Env, "clock">,
): ServerAddress {
  const url = parseUrl("server", connection.server, ["https:", "http:"]);
  const isTls = url.protocol === "https:";
  const host = unbracketed(url.hostname);
  const target: Omit<DialOptions, "signal"> = {
    host,
    port: Number(url.port) || (isTls ? 443 : 80),
    timeoutMs: connectTimeoutMs,
    ...(connection.proxyUrl === undefined
      ? {}
      : { proxy: parseUrl("proxy", connection.proxyUrl, ["http:", "https:"]) }),
  };
  const { ca, serverName = host, insecure = false, ...fromConfig } = connection.tls ?? {};
  const contextOf = createContexts(ca);
  const sharedCertificate = connection.credentials?.clientCertificate?.bind(connection.credentials);

  return {
    url,
    dialer(own) {
      const stop = new AbortController();
      const contextOfOwn = own === undefined ? contextOf : createContexts(ca);
      return {
        url,
        isTls,
        async open(alpn) {
          const { signal } = stop;
          if (!isTls) return dial({ ...target, signal }, env);
          const certificate = own ?? (await sharedCertificate?.()) ?? fromConfig;
          const secureContext = contextOfOwn(certificate);
          const tls = { secureContext, serverName, insecure, alpn };
          return dial({ ...target, signal, tls }, env);
        },
        close: () => stop.abort(new TransportError("closed", "the transport is closed")),
      };
    },
  };
}

/** A plug-in may give a new client certificate at any time; the context is made anew only then. */
function createContexts(
  ca: string | undefined,
): (certificate: Partial<ClientCertificate>) => SecureContext {
  let made: { readonly cert: string | undefined; readonly context: SecureContext } | undefined;
  return ({ cert, key }) => {
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
