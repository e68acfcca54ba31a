import { describe, expect, test } from "vitest";
import type { Env } from "../../src/base/env.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";
import {
  type Client,
  createClient,
  createHttp2Transport,
  createInformer,
  type Informer,
  loadKubeconfig,
} from "../../src/client/index.ts";
import { configMaps } from "../../src/k8s/resources.ts";
import type { ConfigMap } from "../../src/k8s/types/core.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";

const env: Env = { ...createTestEnv(), clock: createSystemClock({ tickMs: 1 }) };
const namespace = "default";

async function put(client: Client, name: string): Promise<void> {
  await client.create(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
  });
}

function namesOf(informer: Informer<ConfigMap>): string {
  return [...informer.indexer.values()]
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.length === 1)
    .sort()
    .join("");
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

// 1.31 refuses to list by watching, 1.34 knows it.
describe.each(["v1.31.0", "v1.34.4"] as const)("informers of Kubernetes %s", (version) => {
  test("follow a collection while its server is killed and comes back", async () => {
    await using plane = await startControlPlane({
      version,
      controllerManager: false,
      scheduler: false,
    });
    const connection = await loadKubeconfig({ path: plane.kubeconfigPath, variables: {} }, env);
    await using transport = createHttp2Transport(connection, env);
    const client = createClient({ transport });
    for (const name of ["a", "b", "c", "d", "e"]) await put(client, name);
    await using byWatch = createInformer(client, configMaps, { namespace }, env);
    await using byPages = createInformer(
      client,
      configMaps,
      { namespace, watchList: false, pageSize: 2 },
      env,
    );
    await Promise.all([byWatch.synced, byPages.synced]);
    expect([namesOf(byWatch), namesOf(byPages)]).toEqual(["abcde", "abcde"]);

    await plane.restartApiServer("SIGKILL");
    await client.delete(configMaps, { namespace, name: "a" });
    await put(client, "f");
    await until(() => namesOf(byWatch) === "bcdef" && namesOf(byPages) === "bcdef");
  });
});
