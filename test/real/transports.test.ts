import { afterAll, beforeAll } from "vitest";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";
import { createHttp2Transport, loadKubeconfig } from "../../src/client/index.ts";
import { transportContract } from "../../src/client/transport.contract.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";

const env = { ...createTestEnv(), clock: createSystemClock({ tickMs: 1 }) };

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane({
    version: "v1.34.4",
    controllerManager: false,
    scheduler: false,
  });
});
afterAll(() => plane[Symbol.asyncDispose]());

transportContract("to a real kube-apiserver", async () => {
  const connection = await loadKubeconfig({ path: plane.kubeconfigPath, variables: {} }, env);
  const transport = createHttp2Transport(connection, env);
  return { transport, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
});
