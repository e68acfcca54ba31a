import type { Env } from "../base/env.ts";
import { createClient, createTransports, type ServerConnection } from "../client/index.ts";
import { createRequestMetrics } from "../measure/index.ts";
import type { NetworkOptions } from "./cluster-options.ts";
import type { ControlPlane } from "./control-plane.ts";
import { accessOverNetwork } from "./node-access.ts";

/** The ways to a server over the network. Disposing it closes those of `connect`. */
export type Connections = Pick<ControlPlane, "connect" | "nodeAccess"> & AsyncDisposable;

/** Nothing is sent before one of them is used. Requests and connections are counted. */
export function openConnections(
  connection: ServerConnection,
  network: NetworkOptions,
  env: Env,
): Connections {
  const { server } = connection;
  const metrics = createRequestMetrics({ host: new URL(server).host }, env);
  const transports = createTransports(connection, env, {
    observer: metrics.connections,
    ...network,
  });
  const opened: AsyncDisposable[] = [];
  return {
    connect(component) {
      const transport = transports.open();
      opened.push(transport);
      return createClient({
        transport: metrics.wrap(transport, component),
        userAgent: `hollowmark-${component}`,
      });
    },
    nodeAccess: (options) => accessOverNetwork(transports, options, { server, metrics }, env),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((transport) => transport[Symbol.asyncDispose]()));
    },
  };
}
