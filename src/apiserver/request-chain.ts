import type { Env } from "../base/env.ts";
import { ApiError, failure, type Status } from "../k8s/status.ts";
import type { ApiRequest, ApiResponse } from "../k8s/transport.ts";
import type { Authenticator } from "./authn.ts";
import { negotiate } from "./negotiation.ts";
import { type PathRoutes, pageNotFound } from "./path-routes.ts";
import { represent } from "./representation.ts";
import type { RequestContext, ServerContext } from "./request-context.ts";
import { parseRequestInfo } from "./request-info.ts";
import { resourceNotFound, routeOf } from "./router.ts";

export interface RequestChainOptions {
  readonly context: ServerContext;
  readonly authenticator: Authenticator;
  readonly paths: PathRoutes;
}

/** Answers one request; whatever is thrown on the way becomes a Status. */
export function createRequestChain(
  options: RequestChainOptions,
  { log }: Pick<Env, "log">,
): (request: ApiRequest) => ApiResponse {
  return (request) => {
    try {
      return answer(options, request);
    } catch (error) {
      if (error instanceof ApiError) return statusResponse(error.status);
      const { method, path } = request;
      log.error("A request failed by a fault of the server.", { error, method, path });
      const why = error instanceof Error ? error.message : String(error);
      return statusResponse(failure(500, "InternalError", `Internal error occurred: ${why}`));
    }
  };
}

function answer(
  { context: server, authenticator, paths }: RequestChainOptions,
  request: ApiRequest,
): ApiResponse {
  if (paths.isPublic(request.path)) return paths.answer(request);
  const user = authenticator.authenticate(request);
  const query = request.query ?? {};
  const info = parseRequestInfo(request.method, request.path, query);
  if (info.kind === "path") return paths.answer(request);
  const route = routeOf(info, server.catalog.find);
  if (route === undefined) {
    if (!server.catalog.hasGroup(info.group)) return pageNotFound();
    throw resourceNotFound();
  }
  const form = negotiate(request.headers?.["accept"]);
  const { endpoint, handler } = route;
  const context: RequestContext = { server, request, info, query, endpoint, user, warnings: [] };
  const response = represent(context, handler(context), form);
  return context.warnings.length === 0 ? response : withWarnings(response, context.warnings);
}

/** The longest a warning may be; more is cut (`apiserver/pkg/endpoints/filters/warning.go`). */
const warningMaxLength = 256;
const warningsMaxLength = 4_096;

function withWarnings(response: ApiResponse, warnings: readonly string[]): ApiResponse {
  const values: string[] = [];
  let length = 0;
  for (const text of new Set(warnings)) {
    const short = text.slice(0, warningMaxLength);
    length += short.length;
    if (length > warningsMaxLength) break;
    values.push(`299 - ${JSON.stringify(short)}`);
  }
  return { ...response, headers: { ...response.headers, warning: values.join(", ") } };
}

export function statusResponse(status: Status): ApiResponse {
  const retryAfter = status.details?.retryAfterSeconds;
  return {
    status: status.code,
    headers: {
      "content-type": "application/json",
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    },
    body: { kind: "object", value: { ...status } as never },
  };
}
