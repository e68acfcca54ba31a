import { assert } from "../base/assert.ts";
import type { Env } from "../base/env.ts";
import type { JsonObject } from "../k8s/json.ts";
import { objectAt, stringAt } from "../k8s/json-fields.ts";
import { collectionPath } from "../k8s/resources.ts";
import type { ResourceInfo } from "../k8s/schema/schema-types.ts";
import type { Transport, UserInfo } from "../k8s/transport.ts";
import { createAuthenticator } from "./authn.ts";
import { createCatalog } from "./catalog.ts";
import { createOpenApi } from "./openapi/index.ts";
import { createPathRoutes } from "./path-routes.ts";
import { bootstrapObjects, firstServiceIp } from "./registry/bootstrap.ts";
import { defaultServiceCidr } from "./registry/service-addresses.ts";
import { createRequestChain } from "./request-chain.ts";
import type { ServerContext } from "./request-context.ts";
import { createServiceAccountTokens } from "./service-account-tokens.ts";
import { createStore } from "./store/store.ts";

export interface ApiServerOptions {
  /** Users by the bearer token that they present. Default: none. */
  readonly tokens?: Readonly<Record<string, UserInfo>>;
  /** The range of cluster IPs. Default `10.96.0.0/12`, as kubeadm's. */
  readonly serviceCidr?: string;
  /** The authority that signs client certificates, in PEM; published in a ConfigMap when given. */
  readonly clientCaPem?: string;
}

/** An API server with its store in memory. */
export interface ApiServer {
  /**
   * Answers requests within this process: nothing is copied or encoded. What is handed in belongs
   * to the server from then on, and what comes out is shared; neither may be changed.
   */
  readonly handle: Transport;
  /** Ends all watches and timers. Requests are answered even after that. */
  close(): void;
}

/** Who the server is to itself. */
const loopbackUser: UserInfo = { name: "system:apiserver", groups: ["system:masters"] };

/** An API server with the objects that a fresh cluster has. */
export function createApiServer(options: ApiServerOptions, env: Env): ApiServer {
  const { tokens = {}, serviceCidr = defaultServiceCidr, clientCaPem } = options;
  const store = createStore(env);
  const catalog = createCatalog(store);
  const serviceAccounts = createServiceAccountTokens(
    catalog.collection("", "serviceaccounts"),
    env,
  );
  const authenticator = createAuthenticator({ tokens, serviceAccounts });
  const { userOfToken } = authenticator;
  const context: ServerContext = {
    store,
    catalog,
    serviceCidr,
    tokens: serviceAccounts,
    userOfToken,
    env,
  };
  const paths = createPathRoutes(catalog.resources, createOpenApi);
  const answer = createRequestChain({ context, authenticator, paths }, env);
  const serviceIp = firstServiceIp(serviceCidr);
  const objects = bootstrapObjects({
    ...(serviceIp === undefined ? {} : { serviceIp }),
    ...(clientCaPem === undefined ? {} : { rootCaPem: clientCaPem }),
  });
  for (const object of objects) {
    const { status, body } = answer({
      method: "POST",
      path: pathOf(object, catalog.resources),
      body: { kind: "object", value: object },
      user: loopbackUser,
    });
    assert(status === 201, `a bootstrap object was refused: ${JSON.stringify(body)}`);
  }
  return {
    handle: async (request) => {
      request.signal?.throwIfAborted();
      return answer(request);
    },
    close: () => store.close(),
  };
}

function pathOf(object: JsonObject, resources: readonly ResourceInfo[]): string {
  const apiVersion = stringAt(object, "apiVersion");
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const info = resources.find(
    (candidate) =>
      candidate.group === group &&
      candidate.version === version &&
      candidate.kind === object["kind"],
  );
  assert(info !== undefined, `no resource of kind ${String(object["kind"])}`);
  const namespace = stringAt(objectAt(object, "metadata"), "namespace");
  return collectionPath(info, namespace === "" ? undefined : namespace);
}
