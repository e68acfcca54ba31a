import type { Transports } from "../client/index.ts";
import type { Component, NodeAccess } from "../fleet/index.ts";
import type { Transport, UserInfo } from "../k8s/transport.ts";
import type { RequestMetrics } from "../measure/index.ts";
import type { NodeAccessOptions } from "./control-plane.ts";

/** What the components of nodes are called in metrics. */
const metricNames: Readonly<Record<Component["component"], string>> = {
  kubelet: "kubelet",
  proxy: "kube-proxy",
};

/** The user that a component of a node is in a cluster. */
function userOf({ component, nodeName }: Component): UserInfo {
  return component === "kubelet"
    ? { name: `system:node:${nodeName}`, groups: ["system:nodes", "system:authenticated"] }
    : { name: "system:kube-proxy", groups: ["system:authenticated"] };
}

/** Where access leads to, and what is counted on the way. */
interface Server {
  readonly server: string;
  readonly metrics: RequestMetrics;
}

/** Within one process all components share the server's `handle`; whoever calls says who it is. */
export function accessWithin(
  transport: Transport,
  { identity }: NodeAccessOptions,
  asGiven: UserInfo,
  { server, metrics }: Server,
): NodeAccess {
  const counted = {
    kubelet: metrics.wrap(transport, metricNames.kubelet),
    proxy: metrics.wrap(transport, metricNames.proxy),
  };
  return {
    server,
    limiterWaited: metrics.limiterWaited,
    open: async (component) => ({
      transport: counted[component.component],
      user: identity === "impersonate" ? userOf(component) : asGiven,
      async [Symbol.asyncDispose]() {},
    }),
  };
}

/** Over the network each component has a transport of its own, or all those of one user share one. */
export function accessOverNetwork(
  transports: Transports,
  { connections, identity }: NodeAccessOptions,
  { server, metrics }: Server,
): NodeAccess {
  const open = (component: Component): Transport & AsyncDisposable => {
    if (identity === "kubeconfig") return transports.open();
    const { name, groups } = userOf(component);
    return transports.open({ impersonation: { user: name, groups } });
  };
  const counted = (transport: Transport, { component }: Component): Transport =>
    metrics.wrap(transport, metricNames[component]);
  const { limiterWaited } = metrics;
  if (connections === "per-node") {
    return {
      server,
      limiterWaited,
      async open(component) {
        const transport = open(component);
        return {
          transport: counted(transport, component),
          [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
        };
      },
    };
  }
  const shared = new Map<string, Transport & AsyncDisposable>();
  return {
    server,
    limiterWaited,
    async open(component) {
      const key = identity === "kubeconfig" ? "" : userOf(component).name;
      let transport = shared.get(key);
      if (transport === undefined) {
        transport = open(component);
        shared.set(key, transport);
      }
      // Others use it: it is closed with the process.
      return { transport: counted(transport, component), async [Symbol.asyncDispose]() {} };
    },
  };
}
