import type { ApiRequest } from "../k8s/transport.ts";

/** A request as both versions of HTTP send it. */
export interface WireRequest {
  readonly method: string;
  /** With query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
  /** How the body of a good answer is taken. */
  readonly answer: "bytes" | "watch" | "stream";
}

type FixedHeaders = Readonly<Record<string, string | string[]>>;

/** `prefix` is the server's own path; `fixed` are the headers of every request. */
export function wireRequest(
  request: ApiRequest,
  prefix: string,
  fixed: FixedHeaders,
  authorization: string | undefined,
): WireRequest {
  const headers: Record<string, string | string[]> = { ...fixed, ...request.headers };
  if (authorization !== undefined) headers["authorization"] = authorization;
  return {
    method: request.method,
    path: `${prefix}${request.path}${encodeQuery(request.query)}`,
    headers,
    body: bodyBytes(request),
    signal: request.signal,
    answer: answerOf(request),
  };
}

function bodyBytes({ body }: ApiRequest): Uint8Array | undefined {
  if (body === undefined) return undefined;
  return body.kind === "bytes" ? body.bytes : Buffer.from(JSON.stringify(body.value));
}

function answerOf({ method, query }: ApiRequest): WireRequest["answer"] {
  if (method !== "GET" || query === undefined) return "bytes";
  const { watch, follow } = query;
  if (watch !== undefined && watch !== "false" && watch !== "0") return "watch";
  return follow === "true" ? "stream" : "bytes";
}

function encodeQuery(query: ApiRequest["query"]): string {
  if (query === undefined) return "";
  let text = "";
  for (const name in query) {
    const value = query[name] ?? "";
    text += `${text === "" ? "?" : "&"}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  }
  return text;
}
