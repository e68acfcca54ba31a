import type { Resource } from "../k8s/resources.ts";
import type { ApiRequest, ApiResponse, WatchHandle, WatchSink } from "../k8s/transport.ts";
import type { KubeList, KubeObject, ToCreate } from "../k8s/types/meta.ts";

/** Which object: the namespace is there exactly when the resource is namespaced. */
export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

export interface GetOptions extends RequestOptions {
  /** `0`: whatever the server has in memory. Default: the latest state. */
  readonly resourceVersion?: string;
}

/** `resourceVersionMatch` goes with `resourceVersion` as the API conventions say. */
export interface ListOptions extends RequestOptions {
  /** All namespaces when it is absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
  /** How long the server may work on it, as a Go duration: `10s`. In place of the client's. */
  readonly timeout?: string;
}

export interface WatchOptions extends RequestOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "NotOlderThan";
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  /** As a Go duration. The server does not mind it of a watch, but informers of client-go send it. */
  readonly timeout?: string;
}

export interface WriteOptions extends RequestOptions {
  /** `status`, `scale`, `binding`, `eviction`, … */
  readonly subresource?: string;
  readonly fieldManager?: string;
  /** With an apply patch: takes the fields over that others manage. */
  readonly force?: boolean;
  readonly dryRun?: "All";
}

export type PatchType =
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json"
  | "application/apply-patch+yaml";

export interface DeleteOptions extends RequestOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * Access to an API server. Every call rejects with an `ApiError` when the server refuses, a
 * `TransportError` when there is no answer, or the reason of the signal. Nothing is retried here.
 * Objects that come back are shared with others: never change them.
 */
export interface Client {
  get<T extends KubeObject>(of: Resource<T>, ref: ObjectRef, options?: GetOptions): Promise<T>;
  /** One page, if `limit` is given, or the whole collection. */
  list<T extends KubeObject>(of: Resource<T>, options?: ListOptions): Promise<KubeList<T>>;
  /** Resolves when the server has accepted the watch. */
  watch(of: Resource, options: WatchOptions, sink: WatchSink): Promise<WatchHandle>;
  create<T extends KubeObject>(
    of: Resource<T>,
    object: ToCreate<T>,
    options?: Omit<WriteOptions, "subresource">,
  ): Promise<T>;
  /** Posts to a subresource: a Binding, an Eviction, a TokenRequest. */
  createSubresource(
    of: Resource,
    ref: ObjectRef,
    subresource: string,
    body: object,
    options?: RequestOptions,
  ): Promise<object>;
  /** PUT: the object's resource version, if it has one, must be the current one. */
  update<T extends KubeObject>(of: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    of: Resource<T>,
    ref: ObjectRef,
    type: PatchType,
    patch: object,
    options?: WriteOptions,
  ): Promise<T>;
  delete(of: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** Any request, of any path: answers of 400 and above are answers. */
  request(request: ApiRequest): Promise<ApiResponse>;
}
