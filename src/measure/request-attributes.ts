import type { ApiRequest } from "../k8s/transport.ts";

/** What a request asks for, in the words of the API server's own metrics. */
export interface RequestAttributes {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string;
  /** A plural such as `pods`; empty for a path that is no resource's, such as `/version`. */
  readonly resource: string;
  /** `status`, `token`, …; empty for the object itself. */
  readonly subresource: string;
}

const writeVerbs: Readonly<Record<string, string>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
};

/**
 * Reads a request of ours as `apiserver/pkg/endpoints/request/requestinfo.go` does. Our own paths
 * are well-formed, so nothing is decoded: names are skipped.
 */
export function requestAttributes({ method, path, query }: ApiRequest): RequestAttributes {
  const segments = path.split("/");
  const root = segments[1];
  const first = root === "api" ? 3 : 4;
  if ((root !== "api" && root !== "apis") || segments.length <= first) {
    return { verb: method.toLowerCase(), resource: "", subresource: "" };
  }
  const within = segments[first + 2];
  const isNamespaced =
    segments[first] === "namespaces" &&
    within !== undefined &&
    within !== "status" &&
    within !== "finalize";
  const at = isNamespaced ? first + 2 : first;
  const isNamed = segments.length > at + 1;
  return {
    verb: writeVerbs[method] ?? verbOf(method, isNamed, query?.["watch"] === "true"),
    resource: segments[at] ?? "",
    subresource: segments[at + 2] ?? "",
  };
}

function verbOf(method: string, isNamed: boolean, isWatch: boolean): string {
  if (method === "DELETE") return isNamed ? "delete" : "deletecollection";
  if (isWatch) return "watch";
  return isNamed ? "get" : "list";
}
