import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { MetricFamily } from "../base/metric-series.ts";
import { expositionType, formatExposition } from "../measure/index.ts";

export interface MetricsServerOptions {
  /** 0: any free one. */
  readonly port: number;
  /** What is served. Must not reject. */
  families(): Promise<readonly MetricFamily[]>;
  /** What is not ready, in a line; undefined when all is. */
  unready(): string | undefined;
}

/** Serves `/metrics`, `/healthz`, `/livez` and `/readyz` over HTTP, to this machine alone. */
export interface MetricsServer extends AsyncDisposable {
  /** `http://127.0.0.1:9090/metrics` */
  readonly url: string;
}

/** The port cannot be had. The message is one line. */
export class MetricsServerError extends Error {
  override readonly name = "MetricsServerError";
}

const host = "127.0.0.1";

/** @throws MetricsServerError */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const http = createServer((request, response) => void answer(request, response, options));
  const port = await listen(http, options.port);
  return {
    url: `http://${host}:${port}/metrics`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: MetricsServerOptions,
): Promise<void> {
  const isRead = request.method === "GET" || request.method === "HEAD";
  const path = (request.url ?? "").replace(/\?.*$/, "");
  const { status, type, text } = isRead
    ? await answerTo(path, options)
    : plain(405, "method not allowed\n");
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(request.method === "HEAD" ? "" : text);
}

async function answerTo(
  path: string,
  { families, unready }: MetricsServerOptions,
): Promise<Answer> {
  switch (path) {
    case "/metrics":
      return { status: 200, type: expositionType, text: formatExposition(await families()) };
    case "/healthz":
    case "/livez":
      return plain(200, "ok");
    case "/readyz": {
      const why = unready();
      return why === undefined ? plain(200, "ok") : plain(503, `${why}\n`);
    }
    default:
      return plain(404, "not found; there are /metrics, /healthz, /livez and /readyz\n");
  }
}

function plain(status: number, text: string): Answer {
  return { status, type: "text/plain; charset=utf-8", text };
}

function listen(http: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "another program uses that port"
          : error.code === "EACCES"
            ? "not permitted for this user"
            : error.message;
      reject(new MetricsServerError(`serve metrics on ${host}:${port}: ${why}`, { cause: error }));
    });
    http.listen(port, host, () => {
      http.removeAllListeners("error");
      const address = http.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
