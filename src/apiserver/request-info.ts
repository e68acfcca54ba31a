import { ApiError, badRequest } from "../k8s/status.ts";
import type { HttpMethod } from "../k8s/transport.ts";

export type Verb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "update"
  | "patch"
  | "delete"
  | "deletecollection";

/** A request for objects. */
export interface ResourceRequest {
  readonly kind: "resource";
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly resource: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** What the path and method of a request say. */
export type RequestInfo = ResourceRequest | { readonly kind: "path" };

/**
 * Reads a request as `apiserver/pkg/endpoints/request/requestinfo.go` does. What follows
 * `namespaces/NAME/` is a resource of that namespace, but for the namespace's own subresources.
 *
 * @throws ApiError 400 for a path that is not well-formed percent-encoding.
 */
export function parseRequestInfo(
  method: HttpMethod,
  path: string,
  query: Readonly<Record<string, string>>,
): RequestInfo {
  const encoded = segmentsOf(path);
  const prefix = encoded[0];
  if (prefix !== "api" && prefix !== "apis") return { kind: "path" };
  const groupSegments = prefix === "api" ? 0 : 1;
  if (encoded.length < groupSegments + 3) return { kind: "path" };
  const segments = path.includes("%") ? encoded.map(decode) : encoded;
  const first = 2 + groupSegments;
  const namespace = namespaceOf(segments, first);
  // Of the resource.
  const at = namespace === undefined ? first : first + 2;
  const name = segments[at + 1];
  return {
    kind: "resource",
    verb: verbOf(method, name, query),
    group: prefix === "api" ? "" : (segments[1] ?? ""),
    version: segments[1 + groupSegments] ?? "",
    namespace,
    resource: segments[at] ?? "",
    name,
    subresource: segments.length > at + 2 ? segments.slice(at + 2).join("/") : undefined,
  };
}

/** Of a path that begins with a slash, as all do; empty segments do not count. */
function segmentsOf(path: string): readonly string[] {
  const segments = path.slice(1).split("/");
  return segments.includes("") ? segments.filter((segment) => segment !== "") : segments;
}

/** The namespace of a resource within one; the subresources of namespaces are none. */
function namespaceOf(segments: readonly string[], first: number): string | undefined {
  const within = segments[first + 2];
  if (segments[first] !== "namespaces" || within === undefined) return undefined;
  if (within === "status" || within === "finalize") return undefined;
  return segments[first + 1];
}

function verbOf(
  method: HttpMethod,
  name: string | undefined,
  query: Readonly<Record<string, string>>,
): Verb {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === undefined ? "deletecollection" : "delete";
    case "GET":
      if (isTrue(query["watch"])) return "watch";
      return name === undefined ? "list" : "get";
  }
}

/** As Go's conversion of query parameters: all but `false` and `0` is true, also nothing at all. */
export function isTrue(text: string | undefined): boolean {
  return text !== undefined && text.toLowerCase() !== "false" && text !== "0";
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new ApiError(badRequest(`invalid URL escape in path segment "${segment}"`), cause);
  }
}
