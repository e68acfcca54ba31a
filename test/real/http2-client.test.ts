import { expect, test } from "vitest";
import type { RandomStream } from "../../src/base/random.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";
import {
  type Client,
  createClient,
  createHttp2Transport,
  loadKubeconfig,
} from "../../src/client/index.ts";
import { configMaps } from "../../src/k8s/resources.ts";
import { isApiError } from "../../src/k8s/status.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";

const env = { ...createTestEnv({ seed: 7 }), clock: createSystemClock({ tickMs: 1 }) };
const namespace = "default";
const workers = 12;
const stepsEach = 120;

/** What one worker has made, by name: its own part of the namespace. */
type Model = Map<string, string>;

/** Does something at random, and checks the answer against what must be there. */
async function step(
  client: Client,
  model: Model,
  random: RandomStream,
  prefix: string,
): Promise<void> {
  const name = `${prefix}-${random.below(6)}`;
  const ref = { namespace, name };
  const sizes = [10, 1_000, 20_000, 300_000] as const;
  const text = String.fromCharCode(97 + random.below(26)).repeat(sizes[random.below(4)] ?? 10);
  const known = model.get(name);
  const doing = random.below(10);
  if (doing === 0) {
    // Given up at some time; reads, so that the model stays true.
    const stop = new AbortController();
    const listed = client.list(configMaps, { namespace, signal: stop.signal });
    env.clock.schedule(random.below(20), () => stop.abort(new Error("given up")));
    await listed.catch((error: unknown) => expect(error).toMatchObject({ message: "given up" }));
  } else if (doing === 1) {
    let calls = 0;
    const called = (): void => {
      calls += 1;
    };
    const sink = { events: called, closed: called };
    const handle = await client.watch(configMaps, { namespace }, sink);
    handle.stop();
    const before = calls;
    await client.list(configMaps, { namespace, limit: 1 });
    expect(calls).toBe(before);
  } else if (known === undefined) {
    const metadata = { ...ref, labels: { worker: prefix } };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { text } } as const;
    await client.create(configMaps, object);
    model.set(name, text);
  } else if (doing < 5) {
    const found = await client.get(configMaps, ref);
    expect(found.data).toEqual({ text: known });
  } else if (doing < 8) {
    const found = await client.get(configMaps, ref);
    await client.update(configMaps, { ...found, data: { text } });
    model.set(name, text);
  } else {
    await client.delete(configMaps, ref);
    model.delete(name);
    const gone = await client.get(configMaps, ref).catch((error: unknown) => error);
    expect(isApiError(gone, "NotFound")).toBe(true);
  }
}

test.each(["v1.34.4", "v1.31.0"] as const)(
  "any mix of requests to kube-apiserver %s comes out as it should",
  async (version) => {
    await using plane = await startControlPlane({
      version,
      controllerManager: false,
      scheduler: false,
    });
    const connection = await loadKubeconfig({ path: plane.kubeconfigPath, variables: {} }, env);
    await using transport = createHttp2Transport(connection, env, { http2: "own" });
    const client = createClient({ transport });
    const work = async (worker: number): Promise<void> => {
      const prefix = `worker-${worker}`;
      const random = env.random.stream(`${version}/${prefix}`);
      const model: Model = new Map();
      for (let done = 0; done < stepsEach; done += 1) await step(client, model, random, prefix);
      const left = await client.list(configMaps, { namespace, labelSelector: `worker=${prefix}` });
      const texts = left.items.map(
        ({ metadata, data }) => [metadata.name, data?.["text"]] as const,
      );
      expect(new Map(texts)).toEqual(model);
    };
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  },
);
