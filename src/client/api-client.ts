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
import type {
  Client,
  DeleteOptions,
  ListOptions,
  ObjectRef,
  RequestOptions,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
import { objectOf, statusOf } from "./response-status.ts";

export interface ClientOptions {
  readonly transport: Transport;
  /** Default `hollowmark`. The server takes the field manager from it. */
  readonly userAgent?: string;
  /** Who sends the requests, for a transport within this process; others authenticate by themselves. */
  readonly user?: UserInfo;
}

type Query = Record<string, string>;
type Headers = Readonly<Record<string, string>>;

interface Body {
  readonly value: object;
  readonly type: string;
}

/** Makes requests; those with equal headers share one object of them. */
function createRequestBuilder(userAgent: string, user: UserInfo | undefined) {
  const readHeaders: Headers = { accept: "application/json", "user-agent": userAgent };
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
    query: Query | undefined,
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
  const { transport, userAgent = "hollowmark", user } = options;
  const requestOf = createRequestBuilder(userAgent, user);

  async function call(request: ApiRequest): Promise<JsonObject> {
    const response = await transport(request);
    if (response.status >= 400) throw new ApiError(statusOf(response));
    return objectOf(response);
  }

  const write = async <T>(
    method: HttpMethod,
    path: string,
    value: object,
    options: WriteOptions | undefined,
    type = "application/json",
  ): Promise<T> => {
    const body = { value, type };
    const answer = await call(requestOf(method, path, writeQuery(options), options?.signal, body));
    return answer as unknown as T; // The server keeps the type of what it stores.
  };

  return {
    async get<T extends KubeObject>(of: Resource<T>, ref: ObjectRef, options?: RequestOptions) {
      const answer = await call(requestOf("GET", objectPath(of, ref), undefined, options?.signal));
      return answer as unknown as T;
    },
    async list<T extends KubeObject>(of: Resource<T>, options: ListOptions = {}) {
      const path = collectionPath(of, options.namespace);
      const answer = await call(requestOf("GET", path, listQuery(options), options.signal));
      return withTypedItems(of, answer as unknown as KubeList<T>);
    },
    async watch(of, options, sink) {
      const path = collectionPath(of, options.namespace);
      const response = await transport(requestOf("GET", path, watchQuery(options), options.signal));
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
      const body = deleteBody(options);
      await call(requestOf("DELETE", objectPath(of, ref), undefined, options.signal, body));
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

/** Items of a list say neither their kind nor their version when a real API server sends them. */
function withTypedItems<T extends KubeObject>(of: Resource<T>, list: KubeList<T>): KubeList<T> {
  // Go marshals an empty list of some kinds as null.
  const items = (list.items ?? []) as readonly T[];
  if (items.every((item) => item.kind !== undefined)) {
    return list.items === items ? list : { ...list, items };
  }
  const apiVersion = apiVersionOf(of);
  const { kind } = of;
  return { ...list, items: items.map((item) => ({ ...item, apiVersion, kind })) };
}

function listQuery(options: ListOptions): Query {
  const query: Query = {};
  addSelectors(query, options);
  if (options.limit !== undefined) query["limit"] = String(options.limit);
  if (options.continue !== undefined) query["continue"] = options.continue;
  return query;
}

function watchQuery(options: WatchOptions): Query {
  const query: Query = { watch: "true" };
  addSelectors(query, options);
  if (options.allowWatchBookmarks === true) query["allowWatchBookmarks"] = "true";
  if (options.sendInitialEvents === true) query["sendInitialEvents"] = "true";
  if (options.timeoutSeconds !== undefined) {
    query["timeoutSeconds"] = String(options.timeoutSeconds);
  }
  return query;
}

function addSelectors(query: Query, options: ListOptions | WatchOptions): void {
  if (options.labelSelector !== undefined) query["labelSelector"] = options.labelSelector;
  if (options.fieldSelector !== undefined) query["fieldSelector"] = options.fieldSelector;
  if (options.resourceVersion !== undefined) query["resourceVersion"] = options.resourceVersion;
  if (options.resourceVersionMatch !== undefined) {
    query["resourceVersionMatch"] = options.resourceVersionMatch;
  }
}

function writeQuery(options: WriteOptions | undefined): Query | undefined {
  if (options === undefined) return undefined;
  const query: Query = {};
  if (options.fieldManager !== undefined) query["fieldManager"] = options.fieldManager;
  if (options.force === true) query["force"] = "true";
  if (options.dryRun !== undefined) query["dryRun"] = options.dryRun;
  return query;
}

function deleteBody(options: DeleteOptions): Body | undefined {
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options;
  const members = { gracePeriodSeconds, propagationPolicy, preconditions };
  if (Object.values(members).every((member) => member === undefined)) return undefined;
  const value = { kind: "DeleteOptions", apiVersion: "v1", ...members };
  return { value, type: "application/json" };
}
