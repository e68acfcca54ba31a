import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Env } from "../../base/env.ts";
import { ApiError } from "../../k8s/status.ts";
import type { ApiResponse } from "../../k8s/transport.ts";
import type { ApiServer } from "../api-server.ts";
import type { KeyPair } from "../certificates/x509.ts";
import { statusResponse } from "../request-chain.ts";
import { ClientCertificates } from "./client-certificate.ts";
import type { HttpRequest, HttpResponse } from "./http-types.ts";
import { readRequest } from "./read-request.ts";
import { WatchWriters } from "./watch-writer.ts";
import { writeResponse } from "./write-response.ts";

export interface ListenerOptions {
  readonly server: ApiServer;
  /** The address to listen on. Default `127.0.0.1`: nobody else's machine can connect. */
  readonly host?: string;
  /** Default 0: a free port is found. */
  readonly port?: number;
  readonly tls: {
    readonly serving: KeyPair;
    /** The authority whose client certificates are believed, in PEM. */
    readonly clientCaPem: string;
  };
}

/** Disposed of, it ends its watches and its connections within a second. */
export interface Listener extends AsyncDisposable {
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  readonly port: number;
}

export type ListenErrorReason = "port-in-use" | "not-permitted" | "no-such-address" | "failed";

/** The server cannot listen where it was told to. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly reason: ListenErrorReason;
  constructor(reason: ListenErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

const closeWithinMs = 1_000;
/** Streams of one connection; kube-apiserver allows 100 (`apiserver/pkg/server/secure_serving.go`). */
const maxConcurrentStreams = 1_000;
/** In megabytes. Node's default of 10 refuses streams while large lists are being sent. */
const maxSessionMemory = 1_000;

/**
 * Serves over HTTPS, with HTTP/2 and HTTP/1.1.
 *
 * @throws ListenError
 */
export async function startListener(
  { server, host = "127.0.0.1", port = 0, tls }: ListenerOptions,
  env: Env,
): Promise<Listener> {
  const http = createSecureServer({
    key: tls.serving.keyPem,
    cert: tls.serving.certPem,
    ca: tls.clientCaPem,
    requestCert: true,
    // Clients without a certificate may have a token: the request chain decides.
    rejectUnauthorized: false,
    allowHTTP1: true,
    maxSessionMemory,
    settings: { maxConcurrentStreams },
  });
  const connections = trackConnections(http, env);
  const watches = new WatchWriters(env.clock);
  const certificates = new ClientCertificates();
  http.on("request", (request, response) => {
    void serve({ server, watches, certificates }, request, response, env);
  });
  await listen(http, host, port);
  const { port: bound } = http.address() as AddressInfo;
  return {
    url: `https://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    [Symbol.asyncDispose]: () => {
      watches.close();
      return connections.close();
    },
  };
}

interface Serving {
  readonly server: ApiServer;
  readonly watches: WatchWriters;
  readonly certificates: ClientCertificates;
}

async function serve(
  { server, watches, certificates }: Serving,
  request: HttpRequest,
  response: HttpResponse,
  env: Env,
): Promise<void> {
  const ended = new AbortController();
  response.once("close", () => ended.abort());
  response.on("error", (error) => env.log.debug("A response could not be written.", { error }));
  try {
    const user = certificates.userOf(request);
    const asked = await readRequest(request, user, ended.signal);
    const answer = withCommonHeaders(await server.handle(asked), env);
    if (answer.body.kind === "watch") {
      response.writeHead(answer.status, answer.headers);
      response.flushHeaders?.();
      watches.start(response, answer.body.open);
    } else {
      await writeResponse(asked, answer, response);
    }
  } catch (error) {
    if (error instanceof ApiError && !response.headersSent) {
      const { status, headers, body } = withCommonHeaders(statusResponse(error.status), env);
      response.writeHead(status, headers);
      response.end(body.kind === "object" ? JSON.stringify(body.value) : "");
      return;
    }
    if (!ended.signal.aborted) env.log.error("A request could not be answered.", { error });
    response.destroy();
  }
}

function withCommonHeaders(response: ApiResponse, { random }: Pick<Env, "random">): ApiResponse {
  const headers = {
    "audit-id": random.uuid(),
    "cache-control": "no-cache, private",
    ...response.headers,
  };
  return { ...response, headers };
}

function listen(http: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    http.listen(port, host, () => {
      http.removeAllListeners("error");
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
  const where = `listen on ${host}:${port}`;
  switch (error.code) {
    case "EADDRINUSE":
      return new ListenError("port-in-use", `${where}: another program uses that port`, error);
    case "EACCES":
      return new ListenError("not-permitted", `${where}: not permitted for this user`, error);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new ListenError(
        "no-such-address",
        `${where}: this machine has no such address`,
        error,
      );
    default:
      return new ListenError("failed", `${where}: ${error.message}`, error);
  }
}

interface Connections {
  /** Ends them: those that are idle at once, the others when they are done or the time is up. */
  close(): Promise<void>;
}

function trackConnections(http: Http2SecureServer, { clock, log }: Env): Connections {
  const sockets = new Set<Socket>();
  http.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  http.on("sessionError", (error) => log.debug("An HTTP/2 session failed.", { error }));
  http.on("tlsClientError", (error) => log.debug("A TLS handshake failed.", { error }));
  const sessions = new Set<{ close(): void }>();
  http.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  return {
    close: () =>
      new Promise((resolve) => {
        const timer = clock.schedule(closeWithinMs, () => {
          for (const socket of sockets) socket.destroy();
        });
        http.close(() => {
          timer.cancel();
          resolve();
        });
        for (const session of sessions) session.close();
      }),
  };
}
