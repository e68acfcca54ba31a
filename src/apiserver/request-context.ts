import type { Env } from "../base/env.ts";
import { toTime } from "../base/rfc3339.ts";
import type { JsonObject } from "../k8s/json.ts";
import { objectKey } from "../k8s/object-key.ts";
import type { ApiRequest, UserInfo, WatchHandle, WatchSink } from "../k8s/transport.ts";
import type { Catalog } from "./catalog.ts";
import type { Endpoint } from "./endpoint.ts";
import type { StrategyContext } from "./registry/strategy.ts";
import type { ResourceRequest } from "./request-info.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";
import type { Store } from "./store/store.ts";

/** What all requests share. */
export interface ServerContext {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly tokens: ServiceAccountTokens;
  /** Who presents that bearer token. */
  userOfToken(token: string): UserInfo | undefined;
  readonly env: Env;
}

/** One request for objects, once it is known what it asks for and who asks. */
export interface RequestContext {
  readonly server: ServerContext;
  readonly request: ApiRequest;
  readonly info: ResourceRequest;
  readonly query: Readonly<Record<string, string>>;
  readonly endpoint: Endpoint;
  readonly user: UserInfo;
  /** Becomes `Warning` headers. */
  readonly warnings: string[];
}

/** What a request comes to, before it takes the form that the client accepts. */
export type Outcome =
  | { readonly kind: "object"; readonly code: number; readonly object: JsonObject }
  | { readonly kind: "list"; readonly list: ObjectList }
  | { readonly kind: "watch"; readonly open: (sink: WatchSink) => WatchHandle };

export interface ObjectList extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: JsonObject;
  readonly items: readonly JsonObject[];
}

export function strategyContext({ server, user }: RequestContext): StrategyContext {
  const { catalog, env } = server;
  return {
    user,
    now: toTime(env.clock.nowMs()),
    random: env.random,
    lookup: (group, plural, namespace, name) =>
      catalog.collection(group, plural)?.get(objectKey({ namespace, name })),
    list: (group, plural) => catalog.collection(group, plural)?.values() ?? [],
  };
}
