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

type Headers = WireRequest["headers"];

/** The headers of a request as they are sent, of those that it has itself and the authorization. */
export type HeaderMerger = (own: Headers | undefined, authorization: string | undefined) => Headers;

/**
 * Adds `fixed` to the headers of every request. Requests that share an object of headers share what
 * becomes of it, so that HTTP/2 encodes it once.
 */
export function createHeaderMerger(fixed: Headers): HeaderMerger {
  const known = new WeakMap<
    Headers,
    { readonly authorization?: string; readonly merged: Headers }
  >();
  const none: Headers = {};
  return (own = none, authorization) => {
    const last = known.get(own);
    if (last !== undefined && last.authorization === authorization) return last.merged;
    const given = authorization === undefined ? {} : { authorization };
    const merged = { ...fixed, ...own, ...given };
    known.set(own, { ...given, merged });
    return merged;
  };
}

/** `prefix` is the server's own path. */
export function wireRequest(request: ApiRequest, prefix: string, headers: Headers): WireRequest {
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
