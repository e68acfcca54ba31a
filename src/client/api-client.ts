import type { JsonObject } from "../k8s/json.ts";
import { apiVersionOf, collectionPath, objectPath, type Resource } from "../k8s/resources.ts";
import { ApiError } from "../k8s/status.ts";
import {
  type ApiRequest,
  type ApiResponse,
  type HttpMethod,
  type Transport,
  TransportError,
  type UserInfo,
  type WatchHandle,
  type WatchSink,
} from "../k8s/transport.ts";
import type { KubeList, KubeObject } from "../k8s/types/meta.ts";
import type { Client, GetOptions, ListOptions, ObjectRef, WriteOptions } from "./client.ts";
import {
  deleteOptionsBody,
  type FixedQuery,
  getQuery,
  listQuery,
  watchQuery,
  writeQuery,
} from "./client-queries.ts";
import type { ContentType } from "./content-type.ts";
import type { TokenBucket } from "./flow-control.ts";
import { objectOf, statusOf } from "./response-status.ts";

export interface ClientOptions {
  readonly transport: Transport;
  /** Default `hollowmark`. The server takes the field manager from it. */
  readonly userAgent?: string;
  /** Who sends the requests, for a transport within this process; others authenticate by themselves. */
  readonly user?: UserInfo;
  /**
   * What bodies are, but for those of patches, and which answers are asked for. Objects that come
   * back are the same. Default `application/json`.
   */
  readonly contentType?: ContentType;
  /**
   * How long the server may work on a request, as a Go duration: `10s`. It is told so by the
   * parameter `timeout`. Default: the server's own limit.
   */
  readonly requestTimeout?: string;
  /** Requests but watches take a token first, as in client-go. Default: no limit. */
  readonly limiter?: TokenBucket;
}

type Headers = Readonly<Record<string, string>>;

interface Body {
  readonly value: object;
  readonly type: string;
}

/** Makes requests; those with equal headers share one object of them. */
function createRequestBuilder(userAgent: string, user: UserInfo | undefined, type: ContentType) {
  const readHeaders: Headers = { accept: `${type}, */*`, "user-agent": userAgent };
  const writeHeaders = new Map<string, Headers>();
  const headersFor = (contentType: string): Headers => {
    let headers = writeHeaders.get(contentType);
    if (headers === undefined) {
      headers = { ...readHeaders, "content-type": contentType };
      writeHeaders.set(contentType, headers);
    }
    return headers;
  };
  return (
    method: HttpMethod,
    path: string,
    query: FixedQuery,
    signal: AbortSignal | undefined,
    body?: Body,
  ): ApiRequest => ({
    method,
    path,
    headers: body === undefined ? readHeaders : headersFor(body.type),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body: { kind: "object", value: body.value } as const }),
    ...(signal === undefined ? {} : { signal }),
    ...(user === undefined ? {} : { user }),
  });
}

/** A client over any transport: of the network, or an API server in this process. */
export function createClient(options: ClientOptions): Client {
  const { transport, userAgent = "hollowmark", user, limiter, requestTimeout } = options;
  const { contentType = "application/json" } = options;
  const requestOf = createRequestBuilder(userAgent, user, contentType);
  const fixed = requestTimeout === undefined ? undefined : { timeout: requestTimeout };

  async function call(request: ApiRequest): Promise<JsonObject> {
    if (limiter !== undefined) await limiter.take(request.signal);
    const response = await transport(request);
    if (response.status >= 400) throw new ApiError(statusOf(response));
    return objectOf(response);
  }

  const write = async <T>(
    method: HttpMethod,
    path: string,
    value: object,
    options: WriteOptions | undefined,
    type: string = contentType,
  ): Promise<T> => {
    const query = writeQuery(options, fixed);
    const answer = await call(requestOf(method, path, query, options?.signal, { value, type }));
    return answer as unknown as T; // The server keeps the type of what it stores.
  };

  return {
    async get<T extends KubeObject>(of: Resource<T>, ref: ObjectRef, options?: GetOptions) {
      const query = getQuery(options, fixed);
      const answer = await call(requestOf("GET", objectPath(of, ref), query, options?.signal));
      return answer as unknown as T;
    },
    async list<T extends KubeObject>(of: Resource<T>, options: ListOptions = {}) {
      const path = collectionPath(of, options.namespace);
      const answer = await call(requestOf("GET", path, listQuery(options, fixed), options.signal));
      return withTypedItems(of, answer as unknown as KubeList<T>);
    },
    async watch(of, options, sink) {
      const path = collectionPath(of, options.namespace);
      const query = watchQuery(options, fixed);
      const response = await transport(requestOf("GET", path, query, options.signal));
      return openWatch(response, sink);
    },
    create: (of, object, options) =>
      write("POST", collectionPath(of, object.metadata.namespace), object, options),
    createSubresource: (of, ref, subresource, body, options) =>
      write("POST", objectPath(of, ref, subresource), body, options),
    update: (of, object, options) =>
      write("PUT", objectPath(of, object.metadata, options?.subresource), object, options),
    patch: (of, ref, type, patch, options) =>
      write("PATCH", objectPath(of, ref, options?.subresource), patch, options, type),
    async delete(of, ref, options = {}) {
      const value = deleteOptionsBody(options);
      const body = value === undefined ? undefined : { value, type: contentType };
      await call(requestOf("DELETE", objectPath(of, ref), fixed, options.signal, body));
    },
    request: (request) =>
      transport(user === undefined || request.user !== undefined ? request : { ...request, user }),
  };
}

async function openWatch(response: ApiResponse, sink: WatchSink): Promise<WatchHandle> {
  if (response.status >= 400) throw new ApiError(statusOf(response));
  if (response.body.kind === "watch") return response.body.open(sink);
  throw new TransportError("protocol", "the server answered a watch with something else");
}

/** Lists may be shared between clients; so is what is made of them. */
const typedLists = new WeakMap<object, KubeList<KubeObject>>();

/** Items of a list say neither their kind nor their version when a real API server sends them. */
function withTypedItems<T extends KubeObject>(of: Resource<T>, list: KubeList<T>): KubeList<T> {
  // Go marshals an empty list of some kinds as null.
  const items = (list.items ?? []) as readonly T[];
  if (items.every((item) => item.kind !== undefined)) {
    return list.items === items ? list : { ...list, items };
  }
  const known = typedLists.get(list);
  if (known !== undefined) return known as KubeList<T>; // A list has items of one kind.
  const apiVersion = apiVersionOf(of);
  const { kind } = of;
  const typed = { ...list, items: items.map((item) => ({ ...item, apiVersion, kind })) };
  typedLists.set(list, typed);
  return typed;
}
