import {
  adminUser,
  createApiServer,
  createClusterCertificates,
  startListener,
} from "../../src/apiserver/index.ts";
import type { Env } from "../../src/base/env.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";
import { createHttp2Transport } from "../../src/client/index.ts";
import { type ContractSubject, transportContract } from "../../src/client/transport.contract.ts";

const env: Env = { ...createTestEnv(), clock: createSystemClock({ tickMs: 1 }) };

transportContract("in this process", async () => {
  const server = createApiServer({}, env);
  return {
    transport: (request) => server.handle({ ...request, user: adminUser }),
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
});

for (const http2 of ["own", "node"] as const) {
  transportContract(
    `over the network, with HTTP/2 of ${http2}`,
    async (): Promise<ContractSubject> => {
      const certificates = createClusterCertificates({ hosts: ["127.0.0.1"] }, env);
      const server = createApiServer({ clientCaPem: certificates.caPem }, env);
      const tls = { serving: certificates.serving, clientCaPem: certificates.caPem };
      const listener = await startListener({ server, host: "127.0.0.1", port: 0, tls }, env);
      const { certPem: cert, keyPem: key } = certificates.issueClient(adminUser);
      const connection = { server: listener.url, tls: { ca: certificates.caPem, cert, key } };
      const transport = createHttp2Transport(connection, env, { http2 });
      return {
        transport,
        async [Symbol.asyncDispose]() {
          await transport[Symbol.asyncDispose]();
          server.close();
          await listener[Symbol.asyncDispose]();
        },
      };
    },
  );
}
