import { assert } from "../base/assert.ts";
import type { Env } from "../base/env.ts";
import { toTime } from "../base/rfc3339.ts";
import type { JsonObject } from "../k8s/json.ts";
import { objectAt, stringAt } from "../k8s/json-fields.ts";
import { collectionPath } from "../k8s/resources.ts";
import type { ResourceInfo } from "../k8s/schema/schema-types.ts";
import type { Transport, UserInfo } from "../k8s/transport.ts";
import { createAuthenticator } from "./authn.ts";
import { createCatalog } from "./catalog.ts";
import { createOpenApi } from "./openapi/index.ts";
import { type AdvertisedEndpoint, publishOwnEndpoints } from "./own-endpoints.ts";
import { createPathRoutes } from "./path-routes.ts";
import { bootstrapObjects } from "./registry/bootstrap.ts";
import { defaultServiceCidr } from "./registry/service-addresses.ts";
import { createRequestChain } from "./request-chain.ts";
import type { ServerContext } from "./request-context.ts";
import { createServiceAccountTokens } from "./service-account-tokens.ts";
import { followServiceAddresses } from "./service-ip-addresses.ts";
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
  /** Publishes where it is reached, as the endpoints of the service `kubernetes`. */
  advertise(endpoint: AdvertisedEndpoint): void;
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
  const services = catalog.collection("", "services");
  const addresses = catalog.collection("networking.k8s.io", "ipaddresses");
  const following = services && addresses && followServiceAddresses(services, addresses, env);
  const serviceAccounts = createServiceAccountTokens(
    catalog.collection("", "serviceaccounts"),
    env,
  );
  const authenticator = createAuthenticator({ tokens, serviceAccounts });
  const { userOfToken } = authenticator;
  const context: ServerContext = {
    store,
    catalog,
    tokens: serviceAccounts,
    userOfToken,
    env,
  };
  const paths = createPathRoutes(catalog.resources, createOpenApi);
  const answer = createRequestChain({ context, authenticator, paths }, env);
  const objects = bootstrapObjects({
    serviceCidr,
    now: toTime(env.clock.nowMs()),
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
  following?.flush();
  return {
    handle: async (request) => {
      request.signal?.throwIfAborted();
      return answer(request);
    },
    advertise: (endpoint) => publishOwnEndpoints(catalog, endpoint, env),
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
