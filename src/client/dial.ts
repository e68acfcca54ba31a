import { connect as connectTcp, isIP, type Socket } from "node:net";
import {
  checkServerIdentity,
  connect as connectTls,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import type { Env } from "../base/env.ts";
import { onAbort } from "../base/on-abort.ts";
import { TransportError } from "../k8s/transport.ts";
import { toTransportError } from "./transport-errors.ts";

interface DialTls {
  readonly secureContext: SecureContext;
  /** The name to ask for and to find in the certificate. */
  readonly serverName: string;
  readonly insecure: boolean;
  readonly alpn: readonly string[];
}

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Without it the connection is plain TCP. */
  readonly tls?: DialTls;
  readonly proxy?: URL;
  readonly timeoutMs: number;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * Opens a connection, through the proxy if there is one, and makes it a TLS connection.
 *
 * @throws TransportError in one line that says where and why.
 */
export async function dial(options: DialOptions, { clock }: Pick<Env, "clock">): Promise<Socket> {
  const { host, port, tls, proxy, timeoutMs, signal } = options;
  const where = `connect ${hostAndPort(host, port)}`;
  let current: Socket | undefined;
  let isLate = false;
  const timer = clock.schedule(timeoutMs, () => {
    isLate = true;
    current?.destroy(new Error("timed out"));
  });
  const unlisten = onAbort(signal, () => current?.destroy(new Error("given up")));
  try {
    signal.throwIfAborted();
    // A TLS socket that connects by itself is one object where two would be, for as long as it lives.
    if (proxy === undefined && tls !== undefined) return await secure({ host, port }, tls);
    current = proxy === undefined ? await tcp(host, port) : await tunnel(proxy);
    if (tls !== undefined) current = await secure({ socket: current }, tls);
    return current;
  } catch (error) {
    current?.destroy();
    if (!isLate) throw toTransportError(error, where);
    throw new TransportError(
      "timeout",
      `${where}: no connection after ${timeoutMs / 1_000} s`,
      error,
    );
  } finally {
    timer.cancel();
    unlisten();
  }

  function tcp(toHost: string, toPort: number): Promise<Socket> {
    const socket = connectTcp({ host: toHost, port: toPort, noDelay: true });
    current = socket;
    return opened(socket, "connect");
  }

  function secure(
    over: { readonly socket: Socket } | { readonly host: string; readonly port: number },
    { alpn, serverName, insecure, secureContext }: DialTls,
  ): Promise<TLSSocket> {
    const secured = connectTls({
      ...over,
      secureContext,
      rejectUnauthorized: !insecure,
      ALPNProtocols: [...alpn],
      // An address is checked against the certificate too, but not asked for (RFC 6066).
      servername: isIP(serverName) === 0 ? serverName : "",
      checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
    });
    secured.setNoDelay(true);
    current = secured;
    return opened(secured, "secureConnect");
  }

  /** A tunnel by CONNECT, also for http:// servers. */
  async function tunnel(via: URL): Promise<Socket> {
    const viaPort = Number(via.port) || (via.protocol === "https:" ? 443 : 80);
    const viaText = `proxy ${hostAndPort(via.hostname, viaPort)}`;
    try {
      const socket = await tcp(unbracketed(via.hostname), viaPort);
      const toProxy = via.protocol === "https:" ? await secureProxy(socket, via) : socket;
      current = toProxy;
      await requestTunnel(toProxy, hostAndPort(host, port), via);
      return toProxy;
    } catch (error) {
      throw toTransportError(error, `${where}: ${viaText}`);
    }
  }

  function secureProxy(socket: Socket, via: URL): Promise<TLSSocket> {
    const servername = isIP(via.hostname) === 0 ? via.hostname : "";
    return opened(connectTls({ socket, host: via.hostname, servername }), "secureConnect");
  }
}

function opened<S extends Socket>(socket: S, event: "connect" | "secureConnect"): Promise<S> {
  return new Promise((resolve, reject) => {
    const onClose = (): void =>
      reject(new TransportError("connection-lost", "the connection was closed"));
    socket.once("error", reject);
    socket.once("close", onClose);
    socket.once(event, () => {
      socket.off("error", reject);
      socket.off("close", onClose);
      resolve(socket);
    });
  });
}

/** The longest answer of a proxy that is read. */
const answerBytesMax = 16_384;

function requestTunnel(socket: Socket, target: string, { username, password }: URL): Promise<void> {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization =
    username === ""
      ? ""
      : `Proxy-Authorization: Basic ${Buffer.from(credentials).toString("base64")}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  return new Promise((resolve, reject) => {
    let answer = "";
    const finish = (error?: Error): void => {
      socket.off("data", onData);
      socket.off("error", finish);
      socket.off("close", onClose);
      socket.pause();
      if (error === undefined) resolve();
      else reject(error);
    };
    const onClose = (): void => finish(new TransportError("connection-lost", "the proxy hung up"));
    const onData = (chunk: Buffer): void => {
      answer += chunk.toString("latin1");
      if (!answer.includes("\r\n\r\n") && answer.length < answerBytesMax) return;
      const line = answer.split("\r\n", 1)[0] ?? "";
      if (/^HTTP\/1\.[01] 200\b/.test(line)) finish();
      else
        finish(
          new TransportError("unreachable", `the proxy refused CONNECT: ${line.slice(0, 100)}`),
        );
    };
    socket.on("data", onData);
    socket.once("error", finish);
    socket.once("close", onClose);
  });
}

function hostAndPort(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `URL` keeps an IPv6 address in brackets; sockets want it without. */
export function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
