import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { onAbort } from "../base/on-abort.ts";
import { type ApiResponse, TransportError } from "../k8s/transport.ts";
import { type AnswerSource, answerFrom } from "./answer-stream.ts";
import type { Dialer } from "./dialer.ts";
import { toTransportError } from "./transport-errors.ts";
import type { WireRequest } from "./wire-request.ts";

/** Requests over HTTP/1.1, with connections kept alive: for `http://` and servers without HTTP/2. */
export interface Http1Pool {
  send(request: WireRequest): Promise<ApiResponse>;
  close(): void;
}

/** Connections for short requests; what comes beyond waits. */
const shortSocketsMax = 64;

/** Go's server says so when it hears plain HTTP where it wants TLS. */
const tlsWanted = "Client sent an HTTP request to an HTTPS server";

export function createHttp1Pool(dialer: Dialer): Http1Pool {
  const short = new DialingAgent(dialer, shortSocketsMax);
  // Each watch has a connection of its own for as long as it runs.
  const watches = new DialingAgent(dialer, Number.POSITIVE_INFINITY);
  return {
    async send(request) {
      const agent = request.answer === "bytes" ? short : watches;
      const response = await sendOnce(request, dialer.url, agent).catch((error: unknown) => {
        if (error instanceof StaleConnectionError) return sendOnce(request, dialer.url, agent);
        throw error;
      });
      return checkScheme(response, dialer);
    },
    close() {
      short.destroy();
      watches.destroy();
    },
  };
}

/** The server closed a kept connection while we took it up again; a GET may be repeated. */
class StaleConnectionError extends TransportError {}

class DialingAgent extends Agent {
  readonly #dialer: Dialer;

  constructor(dialer: Dialer, maxSockets: number) {
    super({ keepAlive: true, maxSockets, scheduling: "lifo" });
    this.#dialer = dialer;
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#dialer.open(["http/1.1"]).then(
      (socket) => callback?.(null, socket),
      // An error comes without a stream, which the type does not know.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
  }
}

function sendOnce(request: WireRequest, url: URL, agent: Agent): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const { signal, body } = request;
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const where = `${request.method} ${url.origin}`;
    const length = body === undefined ? {} : { "content-length": String(body.length) };
    const sent = httpRequest({
      agent,
      method: request.method,
      path: request.path,
      headers: { host: url.host, ...request.headers, ...length },
    });
    let isAnswered = false;
    let failed: unknown;
    const unlisten = onAbort(signal, () => {
      failed = signal?.reason;
      sent.destroy();
      reject(signal?.reason);
    });
    sent.on("response", (message) => {
      isAnswered = true;
      const taken = answerFrom(
        sourceOf(message, sent, () => failed, where),
        request,
      );
      Promise.resolve(taken).then(resolve, reject);
    });
    sent.on("error", (error) => {
      failed ??= isStale(sent, request, error, isAnswered)
        ? new StaleConnectionError("connection-lost", `${where}: connection reset by peer`, error)
        : toTransportError(error, where);
    });
    sent.on("close", () => {
      unlisten();
      const broken = new TransportError("connection-lost", `${where}: the connection was closed`);
      if (!isAnswered) reject(failed ?? broken);
    });
    sent.end(body);
  });
}

function isStale(
  sent: ClientRequest,
  { method }: WireRequest,
  error: Error,
  isAnswered: boolean,
): boolean {
  const code = "code" in error ? error.code : undefined;
  return (
    sent.reusedSocket &&
    !isAnswered &&
    method === "GET" &&
    (code === "ECONNRESET" || code === "EPIPE")
  );
}

function sourceOf(
  message: IncomingMessage,
  sent: ClientRequest,
  failed: () => unknown,
  where: string,
): AnswerSource {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  let streamError: unknown;
  message.on("error", (error) => {
    streamError = toTransportError(error, where);
  });
  return {
    status: message.statusCode ?? 0,
    headers,
    stream: message,
    cancel: () => sent.destroy(),
    failure() {
      if (failed() !== undefined || message.complete) return failed();
      return streamError ?? new TransportError("connection-lost", `${where}: the answer broke off`);
    },
  };
}

function checkScheme(response: ApiResponse, { url, isTls }: Dialer): ApiResponse {
  const { status, body } = response;
  if (isTls || status !== 400 || body.kind !== "bytes") return response;
  if (!Buffer.from(body.bytes).includes(tlsWanted)) return response;
  throw new TransportError("protocol", `${url.origin}: the server speaks TLS; use https://`);
}
