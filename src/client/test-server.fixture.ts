import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { ApiResponse, WatchEvent, WatchHandle } from "../k8s/transport.ts";
import type { TestCertificate } from "./test-certificates.fixture.ts";

export interface TestRequest {
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How many requests came before. */
  readonly index: number;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  /** How many sessions there have been. */
  readonly sessionCount: number;
  /** How many requests are not answered to their end. */
  openStreams(): number;
  /** What it shows to those who connect from now on. */
  setCertificate(certificate: TestCertificate): void;
}

/** An HTTP/2 server that answers by `respond`. */
export async function startTestServer(
  certificate: TestCertificate,
  respond: (request: TestRequest) => void,
  settings: { readonly maxConcurrentStreams?: number } = {},
): Promise<TestServer> {
  const server: Http2SecureServer = createSecureServer({ ...certificate, settings });
  const sessions = new Set<ServerHttp2Session>();
  let sessionCount = 0;
  let requestCount = 0;
  let open = 0;
  server.on("session", (session) => {
    sessions.add(session);
    sessionCount += 1;
    session.on("close", () => sessions.delete(session));
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    const { session } = stream;
    if (session === undefined || !("server" in session)) return;
    stream.on("error", () => {});
    open += 1;
    stream.on("close", () => {
      open -= 1;
    });
    respond({
      stream,
      session: session as ServerHttp2Session,
      method: String(headers[":method"]),
      path: String(headers[":path"]),
      headers: headers as Readonly<Record<string, string>>,
      index: requestCount,
    });
    requestCount += 1;
  });
  const port = await listen(server);
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    sessions,
    get sessionCount() {
      return sessionCount;
    },
    openStreams: () => open,
    setCertificate: (renewed) => server.setSecureContext({ ...renewed }),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface StallingProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing passes, as when a cable is pulled. */
  stall(): void;
}

/** Passes bytes on to `toPort`, which may be known only later. */
export async function startStallingProxy(toPort: number | (() => number)): Promise<StallingProxy> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const target = connect(typeof toPort === "number" ? toPort : toPort(), "127.0.0.1");
    for (const [from, to] of [
      [socket, target],
      [target, socket],
    ] as const) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      sockets.push(from);
    }
  });
  const port = await listen(server);
  return {
    port,
    stall() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Listens on a free port of the loopback address. */
export async function listen(server: Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

export function respondJson(
  stream: ServerHttp2Stream,
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  stream.respond({ ":status": status, "content-type": "application/json", ...headers });
  stream.end(JSON.stringify(value));
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** For what happens in another part of this process soon. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** The body of an answer, parsed; its kind if it is neither bytes nor an object. */
export function bodyOf({ body }: ApiResponse): unknown {
  if (body.kind === "object") return body.value;
  return body.kind === "bytes" ? JSON.parse(Buffer.from(body.bytes).toString()) : body.kind;
}

export interface Watched {
  readonly batches: readonly (readonly WatchEvent[])[];
  readonly closed: Promise<unknown>;
  readonly handle: WatchHandle;
}

/** Opens a watch and keeps what its sink gets. */
export function collect(response: ApiResponse): Watched {
  const batches: (readonly WatchEvent[])[] = [];
  const closed = deferred<unknown>();
  if (response.body.kind !== "watch") throw new Error(`not a watch: ${response.body.kind}`);
  const handle = response.body.open({
    events: (batch) => void batches.push(batch),
    closed: (error) => closed.resolve(error),
  });
  return { batches, closed: closed.promise, handle };
}

/** One ADDED event, framed. */
export function eventLine(name: string): string {
  return `${JSON.stringify({ type: "ADDED", object: { metadata: { name } } })}\n`;
}
