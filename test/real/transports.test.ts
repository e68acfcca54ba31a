import { afterAll, beforeAll, describe } from "vitest";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";
import { createHttp2Transport, createTransports, loadKubeconfig } from "../../src/client/index.ts";
import { transportContract } from "../../src/client/transport.contract.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";

const env = { ...createTestEnv(), clock: createSystemClock({ tickMs: 1 }) };

describe.each(["v1.34.4", "v1.31.0"] as const)("%s", (version) => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ version, controllerManager: false, scheduler: false });
  });
  afterAll(() => plane[Symbol.asyncDispose]());

  for (const http2 of ["own", "node"] as const) {
    transportContract(`to a real kube-apiserver, with HTTP/2 of ${http2}`, async () => {
      const connection = await loadKubeconfig({ path: plane.kubeconfigPath, variables: {} }, env);
      const transport = createHttp2Transport(connection, env, { http2 });
      return { transport, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
    });
    transportContract(
      `to a real kube-apiserver, in protobuf, with HTTP/2 of ${http2}`,
      async () => {
        const connection = await loadKubeconfig({ path: plane.kubeconfigPath, variables: {} }, env);
        const transport = createTransports(connection, env, { http2 }).open();
        return {
          transport,
          contentType: "application/vnd.kubernetes.protobuf",
          [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
        };
      },
    );
  }
});
