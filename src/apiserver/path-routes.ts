import type { JsonObject } from "../k8s/json.ts";
import type { ResourceInfo } from "../k8s/schema/schema-types.ts";
import { ApiError, failure } from "../k8s/status.ts";
import type { ApiRequest, ApiResponse } from "../k8s/transport.ts";
import { aggregatedContentType, aggregatedDiscovery } from "./discovery/aggregated.ts";
import { type ApiGroup, groupsOf } from "./discovery/group-versions.ts";
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from "./discovery/legacy.ts";
import { negotiateDiscovery } from "./negotiation.ts";
import { serverVersion } from "./server-version.ts";

/** The OpenAPI v3 documents. */
export interface OpenApi {
  /** `/openapi/v3` */
  index(): JsonObject;
  /** The document of a path that the index names, as JSON; undefined for any other path. */
  document(path: string): Uint8Array | undefined;
  /** By which a document is cached, as the index says it. */
  hash(path: string): string | undefined;
}

/** Answers what is no request for objects. */
export interface PathRoutes {
  answer(request: ApiRequest): ApiResponse;
  /** Whether anybody may ask, as the role `system:public-info-viewer` allows. */
  isPublic(path: string): boolean;
}

const healthChecks: ReadonlySet<string> = new Set(["healthz", "livez", "readyz"]);
const publicPaths = /^\/(?:healthz|livez|readyz)(?:\/|$)/;

/** @param createOpenApi is called at the first request for OpenAPI: most clients never ask. */
export function createPathRoutes(
  resources: readonly ResourceInfo[],
  createOpenApi: () => OpenApi,
): PathRoutes {
  const groups = groupsOf(resources);
  const core = groups.find(({ name }) => name === "");
  const named = groups.filter(({ name }) => name !== "");
  let openApi: OpenApi | undefined;
  return {
    isPublic: (path) => path === "/version" || publicPaths.test(path),
    answer: (request) => {
      if (request.method !== "GET") throw methodNotAllowed();
      const [first = "", second, third, ...rest] = segmentsOf(request.path);
      if (healthChecks.has(first)) return health(request, first, second);
      if (first === "version" && second === undefined) return json(serverVersion());
      if (first === "api" && third === undefined) return coreDiscovery(request, second);
      if (first === "apis" && rest.length === 0) return groupDiscovery(request, second, third);
      if (first === "openapi" && second === "v3") {
        openApi ??= createOpenApi();
        return openApiDocument(openApi, request);
      }
      return pageNotFound();
    },
  };

  function coreDiscovery(request: ApiRequest, version: string | undefined): ApiResponse {
    if (version === undefined) {
      const address = request.headers?.[":authority"] ?? request.headers?.["host"] ?? "";
      return discovery(request, core === undefined ? [] : [core], apiVersions(core, address));
    }
    const found = core?.versions.find((candidate) => candidate.version === version);
    return found === undefined ? pageNotFound() : json(apiResourceList(found));
  }

  function groupDiscovery(
    request: ApiRequest,
    name: string | undefined,
    version: string | undefined,
  ): ApiResponse {
    if (name === undefined) return discovery(request, named, apiGroupList(named));
    const group = named.find((candidate) => candidate.name === name);
    if (group === undefined) return pageNotFound();
    if (version === undefined) return json(apiGroup(group));
    const found = group.versions.find((candidate) => candidate.version === version);
    return found === undefined ? pageNotFound() : json(apiResourceList(found));
  }
}

/** What the API server answers, in plain text, to a path that it does not have. */
export function pageNotFound(): ApiResponse {
  return text(404, "404 page not found\n");
}

export function methodNotAllowed(): ApiError {
  const message = "the server does not allow this method on the requested resource";
  return new ApiError(failure(405, "MethodNotAllowed", message, {}));
}

function discovery(
  { headers }: ApiRequest,
  groups: readonly ApiGroup[],
  legacy: JsonObject,
): ApiResponse {
  const form = negotiateDiscovery(headers?.["accept"]);
  const vary = { vary: "Accept" };
  if (form.kind === "legacy") return { ...json(legacy), headers: { ...jsonHeaders, ...vary } };
  return {
    status: 200,
    headers: { "content-type": aggregatedContentType(form.version), ...vary },
    body: { kind: "object", value: aggregatedDiscovery(groups, form.version) },
  };
}

function health({ query }: ApiRequest, check: string, name: string | undefined): ApiResponse {
  if (query?.["verbose"] === undefined || name !== undefined) return text(200, "ok");
  return text(200, `[+]ping ok\n${check} check passed\n`);
}

/** Documents are cached for good by their hash, as `kube-openapi/pkg/handler3` does. */
function openApiDocument(openApi: OpenApi, { path, query }: ApiRequest): ApiResponse {
  if (path === "/openapi/v3" || path === "/openapi/v3/") return json(openApi.index());
  const bytes = openApi.document(path);
  if (bytes === undefined) return pageNotFound();
  const hash = openApi.hash(path) ?? "";
  const asked = query?.["hash"];
  if (asked !== undefined && asked !== hash) {
    const headers = { location: `${path}?hash=${hash}` };
    return { status: 301, headers, body: { kind: "none" } };
  }
  const headers = {
    ...jsonHeaders,
    etag: `"${hash}"`,
    ...(asked === undefined ? {} : { "cache-control": "public, immutable" }),
  };
  return { status: 200, headers, body: { kind: "bytes", bytes } };
}

const jsonHeaders = { "content-type": "application/json" };

function json(value: JsonObject): ApiResponse {
  return { status: 200, headers: jsonHeaders, body: { kind: "object", value } };
}

function text(status: number, content: string): ApiResponse {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: { kind: "bytes", bytes: Buffer.from(content) },
  };
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}
