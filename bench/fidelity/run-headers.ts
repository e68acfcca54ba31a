import { readFile } from "node:fs/promises";
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { dirname, join } from "node:path";
import type { ControlPlane } from "../../test/control-plane/control-plane.ts";

/** The headers of one request that the audit log leaves out. */
export interface RequestHeaders {
  /** That of the request's lines in the audit log. */
  readonly auditID: string;
  readonly accept?: string;
  readonly contentType?: string;
  /** Of the answer. */
  readonly answerContentType?: string;
}

/** Stands between clients and kube-apiserver, and notes down headers. */
export interface HeaderRecorder extends AsyncDisposable {
  readonly url: string;
  /** So far, in the order of the answers. */
  readonly headers: readonly RequestHeaders[];
}

/**
 * Starts it in front of a control plane, with kube-apiserver's own certificate. HTTP/2 only.
 * Each connection to it has a connection of its own to the server.
 */
export async function startHeaderRecorder(
  plane: Pick<ControlPlane, "url" | "caFile">,
): Promise<HeaderRecorder> {
  const cert = await readFile(plane.caFile);
  const key = await readFile(join(dirname(plane.caFile), "apiserver.key"));
  const headers: RequestHeaders[] = [];
  const sessions = new Set<ServerHttp2Session | ClientHttp2Session>();
  const server = createSecureServer({ cert, key });
  server.on("session", (session) => {
    const upstream = connect(plane.url, { ca: cert });
    for (const [one, other] of [
      [session, upstream],
      [upstream, session],
    ] as const) {
      sessions.add(one);
      one.on("error", () => {}); // It closes too, and then the other side does.
      one.on("close", () => {
        sessions.delete(one);
        other.destroy();
      });
    }
    session.on("stream", (stream, requestHeaders) => {
      forward(stream, requestHeaders, upstream, (answer) => headers.push(answer));
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return {
    url: `https://127.0.0.1:${port}`,
    headers,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

function forward(
  stream: ServerHttp2Stream,
  requestHeaders: IncomingHttpHeaders,
  upstream: ClientHttp2Session,
  note: (headers: RequestHeaders) => void,
): void {
  // Said outright: Node takes it that a DELETE has no body.
  const endStream = stream.endAfterHeaders;
  const request = upstream.request(withoutConnection(requestHeaders), { endStream });
  request.on("response", (answerHeaders) => {
    const auditID = String(answerHeaders["audit-id"] ?? "");
    const { accept } = requestHeaders;
    const contentType = requestHeaders["content-type"];
    const answerContentType = answerHeaders["content-type"];
    note({
      auditID,
      ...(accept === undefined ? {} : { accept }),
      ...(contentType === undefined ? {} : { contentType }),
      ...(answerContentType === undefined ? {} : { answerContentType }),
    });
    if (!stream.closed) stream.respond(answerHeaders);
    request.pipe(stream);
  });
  if (!endStream) stream.pipe(request);
  // Whichever side ends early ends the other: a client cancels its watches so.
  stream.on("error", () => {});
  request.on("error", () => {});
  stream.on("close", () => request.close());
  request.on("close", () => stream.close());
}

/** A request's own headers: `:authority` is that of the connection, and is not copied. */
function withoutConnection(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const { ":authority": _, ...others } = headers;
  return others;
}
