import { describe, expect, test } from "vitest";
import { configMaps } from "../k8s/resources.ts";
import type { PodSpec } from "../k8s/types/core.ts";
import { createObjects, createTestKubelet, type TestKubelet } from "./pod-manager.fixture.ts";

const plain: Partial<PodSpec> = { automountServiceAccountToken: false };
const settings = "configmaps metadata.name=settings";

function withVolume(volume: object): Partial<PodSpec> {
  const volumeMounts = [{ name: "data", mountPath: "/data" }];
  return {
    ...plain,
    containers: [{ name: "main", image: "nginx:1.27", volumeMounts }],
    volumes: [{ name: "data", ...volume }],
  };
}

const settingsVolume = withVolume({ configMap: { name: "settings" } });
const settingsEnv: Partial<PodSpec> = {
  ...plain,
  containers: [
    { name: "main", image: "nginx:1.27", envFrom: [{ configMapRef: { name: "settings" } }] },
  ],
};

async function pass(kubelet: TestKubelet, ms: number): Promise<readonly string[]> {
  kubelet.requests.length = 0;
  await kubelet.env.clock.advance(ms);
  return kubelet.lines();
}

function about(kubelet: TestKubelet, text: string): readonly string[] {
  return kubelet.lines().filter((line) => line.includes(text));
}

describe("an object that pods refer to", () => {
  test("has one watch on the node, from the first pod to the last", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    await createObjects(kubelet.client);
    for (const name of ["one", "two"]) await kubelet.createPod(name, settingsVolume);
    await kubelet.env.clock.advance(2_000);
    expect(about(kubelet, "configmaps")).toEqual([`GET ${settings}`, `WATCH ${settings}`]);
    const watch = kubelet.requests.find(({ line }) => line === `WATCH ${settings}`);
    const seconds = Number(watch?.query["timeoutSeconds"]);
    expect(seconds).toBeGreaterThanOrEqual(1_800);
    expect(seconds).toBeLessThanOrEqual(3_600);
    await kubelet.deletePod("one");
    await kubelet.env.clock.advance(2_000);
    expect(kubelet.openWatches).toBe(1);
    await kubelet.deletePod("two");
    await kubelet.env.clock.advance(2_000);
    expect(kubelet.openWatches).toBe(0);
  });

  test("of 1.30 is watched for 5 to 10 minutes at a time", async () => {
    await using kubelet = await createTestKubelet({ minor: 30 });
    await createObjects(kubelet.client);
    await kubelet.createPod("web", settingsVolume);
    await kubelet.env.clock.advance(610_000);
    expect(about(kubelet, "configmaps").filter((line) => line.startsWith("WATCH"))).toHaveLength(2);
    expect(about(kubelet, "GET configmaps")).toHaveLength(1);
  });

  test("in a volume stays watched, in the environment only until a minute has passed", async () => {
    await using volume = await createTestKubelet({ minor: 31 });
    await createObjects(volume.client);
    await volume.createPod("web", settingsVolume);
    await volume.env.clock.advance(600_000);
    expect(volume.openWatches).toBe(1);

    await using env = await createTestKubelet({ minor: 31 });
    await createObjects(env.client);
    await env.createPod("web", settingsEnv);
    await env.env.clock.advance(55_000);
    expect(env.openWatches).toBe(1);
    await env.env.clock.advance(70_000);
    expect(env.openWatches).toBe(0);
    // Another pod looks at it again: it is listed from where its watch had come.
    env.requests.length = 0;
    await env.createPod("two", settingsEnv);
    await env.env.clock.advance(2_000);
    const list = env.requests.find(({ line }) => line === `GET ${settings}`);
    expect(list?.query["limit"]).toBeUndefined();
    expect(Number(list?.query["resourceVersion"])).toBeGreaterThan(0);
    expect(env.openWatches).toBe(1);
  });

  test("that is immutable is not watched once it is known", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    await kubelet.client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: "default" },
      immutable: true,
    } as never);
    await kubelet.createPod("web", settingsVolume);
    await kubelet.env.clock.advance(2_000);
    expect((await kubelet.pod("web"))?.status?.phase).toBe("Running");
    expect(kubelet.openWatches).toBe(0);
  });

  test("that is missing keeps its pod from starting until it is there", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    await kubelet.createPod("web", settingsVolume);
    await kubelet.env.clock.advance(10_000);
    expect((await kubelet.pod("web"))?.status?.phase).toBe("Pending");
    await createObjects(kubelet.client);
    await kubelet.env.clock.advance(20_000);
    expect((await kubelet.pod("web"))?.status?.phase).toBe("Running");
  });

  test("that is optional does not", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    const optional = withVolume({ configMap: { name: "settings", optional: true } });
    await kubelet.createPod("web", optional);
    await kubelet.env.clock.advance(2_000);
    expect((await kubelet.pod("web"))?.status?.phase).toBe("Running");
  });
});

describe("a token", () => {
  test("is asked for again when it has lived four fifths of its hour", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    await createObjects(kubelet.client);
    await kubelet.createPod("web");
    await kubelet.env.clock.advance(10_000);
    expect(about(kubelet, "token")).toHaveLength(1);
    expect(await pass(kubelet, 2_850_000)).not.toContain("POST serviceaccounts/default/token");
    expect(await pass(kubelet, 60_000)).toContain("POST serviceaccounts/default/token");
  });

  test("of a pod that is gone is not", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    await createObjects(kubelet.client);
    await kubelet.createPod("web");
    await kubelet.env.clock.advance(10_000);
    await kubelet.deletePod("web");
    await kubelet.env.clock.advance(10_000);
    expect(await pass(kubelet, 7_200_000)).toEqual([]);
  });

  test("that is refused is asked for with longer and longer waits", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    await createObjects(kubelet.client);
    kubelet.intercept = (request) =>
      request.path.endsWith("/token")
        ? Promise.resolve({ status: 403, headers: {}, body: { kind: "none" } })
        : undefined;
    await kubelet.createPod("web");
    await kubelet.env.clock.advance(60_000);
    expect(about(kubelet, "token")).toHaveLength(7);
    kubelet.intercept = undefined;
    await kubelet.env.clock.advance(130_000);
    expect((await kubelet.pod("web"))?.status?.phase).toBe("Running");
  });
});

test("a claim and its volume are read, once more to mount it, and with each sync", async () => {
  await using kubelet = await createTestKubelet({ minor: 31 });
  kubelet.intercept = ({ path }) => {
    const bound = { status: { phase: "Bound" }, spec: { volumeName: "disk" } };
    if (!path.includes("persistentvolume")) return undefined;
    return Promise.resolve({ status: 200, headers: {}, body: { kind: "object", value: bound } });
  };
  await kubelet.createPod("web", withVolume({ persistentVolumeClaim: { claimName: "claim" } }));
  await kubelet.env.clock.advance(2_000);
  const claim = "GET persistentvolumeclaims/claim";
  const volume = "GET persistentvolumes/disk";
  expect(about(kubelet, "persistentvolume")).toEqual([claim, volume, claim, claim, volume]);
  expect(await pass(kubelet, 15_000)).toEqual([claim, volume]);
  await kubelet.deletePod("web");
  await kubelet.env.clock.advance(5_000);
  expect(await pass(kubelet, 60_000)).toEqual([]);
});
