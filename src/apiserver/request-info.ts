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
  readonly namespace?: string;
  readonly resource: string;
  readonly name?: string;
  readonly subresource?: string;
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
  const segments = path.split("/").filter((segment) => segment !== "");
  const prefix = segments[0];
  const groupSegments = prefix === "api" ? 0 : 1;
  if (prefix !== "api" && prefix !== "apis") return { kind: "path" };
  if (segments.length < groupSegments + 3) return { kind: "path" };
  const group = prefix === "api" ? "" : decode(segments[1] ?? "");
  const version = decode(segments[1 + groupSegments] ?? "");
  const rest = segments.slice(2 + groupSegments).map(decode);
  const place = placeOf(rest);
  return { kind: "resource", verb: verbOf(method, place.name, query), group, version, ...place };
}

interface Place {
  readonly namespace?: string;
  readonly resource: string;
  readonly name?: string;
  readonly subresource?: string;
}

function placeOf(segments: readonly string[]): Place {
  const [first = "", second, third, ...others] = segments;
  const ofNamespace = third === "status" || third === "finalize";
  if (first !== "namespaces" || second === undefined || third === undefined || ofNamespace) {
    return placeWithin({}, [first, second, third, ...others]);
  }
  return placeWithin({ namespace: second }, [third, ...others]);
}

function placeWithin(
  scope: { readonly namespace?: string },
  [resource = "", name, ...subresource]: readonly (string | undefined)[],
): Place {
  const path = subresource.filter((segment) => segment !== undefined).join("/");
  return {
    ...scope,
    resource,
    ...(name === undefined ? {} : { name }),
    ...(path === "" ? {} : { subresource: path }),
  };
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
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new ApiError(badRequest(`invalid URL escape in path segment "${segment}"`), cause);
  }
}
