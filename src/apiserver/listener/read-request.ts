import { ApiError, failure } from "../../k8s/status.ts";
import type { ApiRequest, HttpMethod, UserInfo } from "../../k8s/transport.ts";
import type { HttpRequest } from "./http-types.ts";

/** The largest body, as of kube-apiserver (`apiserver/pkg/server/config.go`). */
const bodyMaxBytes = 3 * 1024 * 1024;

const methods: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/**
 * The request with all of its body.
 *
 * @throws ApiError 405 for another method, 413 for a body that is too large.
 */
export async function readRequest(
  request: HttpRequest,
  user: UserInfo | undefined,
  signal: AbortSignal,
): Promise<ApiRequest> {
  const method = request.method ?? "";
  if (!isHttpMethod(method)) {
    const message = `method ${method} is not supported`;
    throw new ApiError(failure(405, "MethodNotAllowed", message));
  }
  const { path, query } = parseTarget(request.url ?? "/");
  const bytes = method === "GET" ? undefined : await readBody(request);
  return {
    method,
    path,
    query,
    headers: headersOf(request),
    signal,
    ...(bytes === undefined || bytes.length === 0 ? {} : { body: { kind: "bytes", bytes } }),
    ...(user === undefined ? {} : { user }),
  };
}

function isHttpMethod(text: string): text is HttpMethod {
  return methods.has(text);
}

/** Of a parameter that is given more than once the first counts, as in Go's `Values.Get`. */
function parseTarget(target: string): {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
} {
  const mark = target.indexOf("?");
  if (mark < 0) return { path: target, query: {} };
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(target.slice(mark + 1))) {
    query[name] ??= value;
  }
  return { path: target.slice(0, mark), query };
}

function headersOf({ headers }: HttpRequest): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) result[name] = typeof value === "string" ? value : value.join(", ");
  }
  return result;
}

async function readBody(request: HttpRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyMaxBytes) {
      const message = `Request entity too large: limit is ${bodyMaxBytes}`;
      throw new ApiError(failure(413, "RequestEntityTooLarge", message));
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
}
