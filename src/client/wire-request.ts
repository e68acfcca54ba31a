import type { JsonObject } from "../k8s/json.ts";
import { encodeProtobuf } from "../k8s/schema/protobuf.ts";
import { type ApiRequest, TransportError } from "../k8s/transport.ts";
import { isProtobuf } from "./content-type.ts";
import type { Decoding } from "./decoding.ts";

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
  /** How the events of a watch are read. */
  readonly decoding: Decoding;
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

/**
 * `prefix` is the server's own path.
 *
 * @throws TransportError for a body that has no encoding of the type that its header names
 */
export function wireRequest(
  request: ApiRequest,
  prefix: string,
  headers: Headers,
  decoding: Decoding,
): WireRequest {
  return {
    method: request.method,
    path: `${prefix}${request.path}${encodeQuery(request.query)}`,
    headers,
    body: bodyBytes(request),
    signal: request.signal,
    answer: answerOf(request),
    decoding,
  };
}

function bodyBytes({ body, headers, method, path }: ApiRequest): Uint8Array | undefined {
  if (body === undefined) return undefined;
  if (body.kind === "bytes") return body.bytes;
  if (!isProtobuf(headers?.["content-type"])) return Buffer.from(JSON.stringify(body.value));
  try {
    return encodeProtobuf(body.value as JsonObject); // Objects to be sent are JSON.
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TransportError("protocol", `${method} ${path}: ${why}`, error);
  }
}

function answerOf({ method, query }: ApiRequest): WireRequest["answer"] {
  if (method !== "GET" || query === undefined) return "bytes";
  const { watch, follow } = query;
  if (watch !== undefined && watch !== "false" && watch !== "0") return "watch";
  return follow === "true" ? "stream" : "bytes";
}

/** As Go's `url.Values` encodes it. */
function encodeQuery(query: ApiRequest["query"]): string {
  if (query === undefined) return "";
  let text = "";
  for (const name in query) {
    text += `${text === "" ? "?" : "&"}${escapeQuery(name)}=${escapeQuery(query[name] ?? "")}`;
  }
  return text;
}

/** What `url.QueryEscape` escapes and `encodeURIComponent` does not, and the space, which is a plus. */
const escapedByGo = /[!'()*]|%20/g;

function escapeQuery(text: string): string {
  return encodeURIComponent(text).replace(escapedByGo, (found) =>
    found === "%20" ? "+" : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
