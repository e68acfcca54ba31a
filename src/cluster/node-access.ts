import type { Env } from "../base/env.ts";
import {
  type ComponentAccess,
  createClient,
  type TransportIdentity,
  type Transports,
} from "../client/index.ts";
import type { Component, NodeAccess } from "../fleet/index.ts";
import type { Transport, UserInfo } from "../k8s/transport.ts";
import { bootstrapIdentity, createApprover, createNodeIdentity } from "../kubelet/index.ts";
import type { RequestMetrics } from "../measure/index.ts";
import type { NodeAccessOptions } from "./control-plane.ts";

/** What the components of nodes are called in metrics. */
const metricNames: Readonly<Record<Component["component"], string>> = {
  kubelet: "kubelet",
  proxy: "kube-proxy",
};

/** Where access leads to, and what is counted on the way. */
interface Server {
  readonly server: string;
  readonly metrics: RequestMetrics;
}

/** The ways to a server; `user` is who they lead there as, where they do not authenticate. */
interface Way {
  readonly transport: Transport & AsyncDisposable;
  readonly user?: UserInfo;
}
type Ways = (as: UserInfo | undefined, certificate?: TransportIdentity["certificate"]) => Way;

/** The user that a component of a node is in a cluster. */
function userOf({ component, nodeName }: Component): UserInfo {
  return component === "kubelet"
    ? { name: `system:node:${nodeName}`, groups: ["system:nodes", "system:authenticated"] }
    : { name: "system:kube-proxy", groups: ["system:authenticated"] };
}

/** Within one process all components share the server's `handle`; whoever calls says who it is. */
export function accessWithin(
  handle: Transport,
  options: NodeAccessOptions,
  asGiven: UserInfo,
  to: Server,
  env: Env,
): NodeAccess {
  const transport = Object.assign((request: Parameters<Transport>[0]) => handle(request), {
    async [Symbol.asyncDispose]() {},
  });
  const ways: Ways = (as = asGiven) => ({ transport, user: as });
  return nodeAccess(ways, options, to, env);
}

/** Over the network each component has a transport of its own, or all those of one user share one. */
export function accessOverNetwork(
  transports: Transports,
  options: NodeAccessOptions,
  to: Server,
  env: Env,
): NodeAccess {
  const ways: Ways = (as, certificate) => ({
    transport: transports.open({
      ...(as === undefined ? {} : { impersonation: { user: as.name, groups: as.groups } }),
      ...(certificate === undefined ? {} : { certificate }),
    }),
  });
  return nodeAccess(options.connections === "pooled" ? pooled(ways) : ways, options, to, env);
}

/** What is open for a user stays open, for others: it is closed with the process. */
function pooled(ways: Ways): Ways {
  const open = new Map<string, Way>();
  return (as, certificate) => {
    if (certificate !== undefined) return ways(as, certificate);
    const key = as?.name ?? "";
    let way = open.get(key);
    if (way === undefined) {
      const { transport, ...rest } = ways(as);
      const send = (request: Parameters<Transport>[0]) => transport(request);
      way = { transport: Object.assign(send, { async [Symbol.asyncDispose]() {} }), ...rest };
      open.set(key, way);
    }
    return way;
  };
}

function nodeAccess(
  ways: Ways,
  { identity }: NodeAccessOptions,
  { server, metrics }: Server,
  env: Env,
): NodeAccess {
  const counted = ({ component }: Component, access: ComponentAccess): ComponentAccess => ({
    transport: metrics.wrap(access.transport, metricNames[component]),
    ...(access.user === undefined ? {} : { user: access.user }),
    [Symbol.asyncDispose]: () => access[Symbol.asyncDispose](),
  });
  const plain = (component: Component): ComponentAccess => {
    const way = ways(identity === "kubeconfig" ? undefined : userOf(component));
    return { ...way, [Symbol.asyncDispose]: () => way.transport[Symbol.asyncDispose]() };
  };
  const bootstrap = identity === "bootstrap" ? bootstrapper(ways, env) : undefined;
  return {
    server,
    limiterWaited: metrics.limiterWaited,
    async open(component, signal) {
      const access =
        bootstrap === undefined || component.component === "proxy"
          ? plain(component)
          : await bootstrap(component, signal);
      return counted(component, access);
    },
  };
}

/** Gets each kubelet a certificate of its own, approved by the fleet unless the cluster is faster. */
function bootstrapper(ways: Ways, env: Env): NodeAccess["open"] {
  const userAgent = "hollowmark-bootstrap";
  const way = ways(undefined);
  const client = createClient({ ...way, userAgent });
  const approver = createApprover(client, env);
  return async (component, signal) => {
    const { nodeName } = component;
    const certificate = await bootstrapIdentity({ nodeName, client, approver }, env, signal);
    const user = way.user === undefined ? {} : { user: userOf(component) };
    const identity = {
      ...{ nodeName, certificate, userAgent, approver, ...user },
      open: ({ certPem, keyPem }: typeof certificate) =>
        ways(way.user && userOf(component), { cert: certPem, key: keyPem }).transport,
    };
    return createNodeIdentity(identity, env);
  };
}
