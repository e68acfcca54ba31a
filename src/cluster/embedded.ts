import {
  type ApiServer,
  adminUser,
  createApiServer,
  createClusterCertificates,
  type Listener,
  startListener,
} from "../apiserver/index.ts";
import type { Env } from "../base/env.ts";
import { type Client, createClient } from "../client/index.ts";
import { startControllers } from "../controllers/index.ts";
import type { UserInfo } from "../k8s/transport.ts";
import { createRequestMetrics } from "../measure/index.ts";
import { startScheduler } from "../scheduler/index.ts";
import type { ControlPlane } from "./control-plane.ts";
import { createFairTransport } from "./fair-transport.ts";
import { accessWithin } from "./node-access.ts";
import { readServerVersion } from "./server-version.ts";

export interface EmbeddedOptions {
  /** An IP address. Default `127.0.0.1`: only this machine. */
  readonly bindAddress?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

/** The users of a control plane's components, as in a real one. */
const components: Readonly<Record<string, UserInfo>> = {
  controllers: { name: "system:kube-controller-manager", groups: ["system:authenticated"] },
  scheduler: { name: "system:kube-scheduler", groups: ["system:authenticated"] },
};

/**
 * Starts a control plane in this process: API server, controllers and scheduler. It listens for
 * others on TLS; within the process its clients call it directly.
 *
 * @throws ListenError when the port is taken
 */
export async function startEmbedded(options: EmbeddedOptions, env: Env): Promise<ControlPlane> {
  const { bindAddress = "127.0.0.1", port = 0 } = options;
  const certificates = createClusterCertificates({ hosts: [bindAddress] }, env);
  const server = createApiServer({ clientCaPem: certificates.caPem }, env);
  const listener = await startListener(
    {
      server,
      host: bindAddress,
      port,
      tls: { serving: certificates.serving, clientCaPem: certificates.caPem },
    },
    env,
  );
  server.advertise({ address: bindAddress, port: Number(new URL(listener.url).port) });
  const transport = createFairTransport(server.handle, env);
  const metrics = createRequestMetrics({ host: new URL(listener.url).host }, env);
  const connect = (
    component: string,
    user: UserInfo = components[component] ?? adminUser,
  ): Client =>
    createClient({
      // Metrics are of what nodes ask; the control plane's own 75 watches would drown it.
      transport: component in components ? transport : metrics.wrap(transport, component),
      userAgent: `hollowmark-${component}`,
      user,
    });
  const controllers = startControllers(
    {
      client: connect("controllers"),
      rootCaPem: certificates.caPem,
      signCertificate: certificates.sign,
    },
    env,
  );
  const scheduler = startScheduler({ client: connect("scheduler") }, env);
  const admin = certificates.issueClient(adminUser);
  return {
    kind: "embedded",
    url: listener.url,
    version: await readServerVersion(connect("embedded"), listener.url),
    access: {
      server: listener.url,
      caPem: certificates.caPem,
      clientCertPem: admin.certPem,
      clientKeyPem: admin.keyPem,
    },
    connect: (component) => connect(component),
    nodeAccess: (options) =>
      accessWithin(transport, options, adminUser, { server: listener.url, metrics }, env),
    async [Symbol.asyncDispose]() {
      await endAll([scheduler, controllers], listener, server);
    },
  };
}

async function endAll(
  parts: readonly AsyncDisposable[],
  listener: Listener,
  server: ApiServer,
): Promise<void> {
  await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()));
  server.close();
  await listener[Symbol.asyncDispose]();
}
