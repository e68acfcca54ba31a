import { describe, expect, test } from "vitest";
import type { JsonObject } from "../k8s/json.ts";
import { pods } from "../k8s/resources.ts";
import type { PodSpec } from "../k8s/types/core.ts";
import { createObjects, createTestKubelet, type TestKubelet } from "./pod-manager.fixture.ts";

const kubemarkLimits = { qps: 10, burst: 20 };
const rootCa = "configmaps metadata.name=kube-root-ca.crt";
const plain: Partial<PodSpec> = { automountServiceAccountToken: false };

function names(count: number, first = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => `web-${first + index}`);
}

async function countOf(kubelet: TestKubelet, phase: string): Promise<number> {
  const { items } = await kubelet.client.list(pods, { namespace: "default" });
  return items.filter(({ status }) => status?.phase === phase).length;
}

function patches(kubelet: TestKubelet): readonly JsonObject[] {
  return kubelet.requests.flatMap(({ line, body }) =>
    line.startsWith("PATCH") && body !== undefined ? [body] : [],
  );
}

describe("a pod of Kubemark", () => {
  const bound = ["GET pods/web", `GET ${rootCa}`, "PATCH pods/web/status", `WATCH ${rootCa}`];
  const running = ["POST serviceaccounts/default/token", "GET pods/web", "PATCH pods/web/status"];
  const ended = ["GET pods/web", "PATCH pods/web/status", "GET pods/web", "DELETE pods/web"];
  test.each([
    { minor: 30, lines: [...bound, ...running, "GET pods/web", ...ended] },
    { minor: 31, lines: [...bound, ...running, "GET pods/web", ...ended] },
    { minor: 34, lines: [...bound, ...running, "GET pods/web", "PATCH pods/web/status", ...ended] },
  ] as const)("of 1.$minor asks for what Kubemark asks", async ({ minor, lines }) => {
    await using kubelet = await createTestKubelet({ minor, limits: kubemarkLimits });
    const { clock } = kubelet.env;
    await createObjects(kubelet.client);
    await kubelet.createPod("web");
    await clock.advance(1_500);
    expect((await kubelet.pod("web"))?.status).toMatchObject({ phase: "Running" });
    await clock.advance(300_000);
    await kubelet.deletePod("web");
    await clock.advance(10);
    expect((await kubelet.pod("web"))?.status).toMatchObject({ phase: "Succeeded" });
    await clock.advance(1_500);
    expect(await kubelet.pod("web")).toBeUndefined();
    expect(kubelet.lines()).toEqual(lines);
    expect(kubelet.manager.size).toBe(0);
    expect(kubelet.tally).toEqual({ Pending: 0, Running: 0, Succeeded: 0 });
  });

  test("of 1.36 is seen to run as soon as it does, and its objects are listed by watching", async () => {
    await using kubelet = await createTestKubelet({ minor: 36 });
    await createObjects(kubelet.client);
    await kubelet.createPod("web");
    await kubelet.env.clock.advance(350);
    expect((await kubelet.pod("web"))?.status).toMatchObject({ phase: "Running" });
    expect(kubelet.lines()).toContain(`WATCH ${rootCa}`);
    expect(kubelet.lines()).not.toContain(`GET ${rootCa}`);
  });

  test("comes and goes at the pace of the limiter: 25 s and 33 s for a hundred", async () => {
    await using kubelet = await createTestKubelet({ minor: 31, limits: kubemarkLimits });
    const { clock } = kubelet.env;
    for (const name of names(100)) await kubelet.createPod(name, plain);
    await clock.advance(22_000);
    expect(await countOf(kubelet, "Running")).toBeLessThan(100);
    await clock.advance(5_000);
    expect(await countOf(kubelet, "Running")).toBe(100);
    await clock.advance(60_000);
    for (const name of names(100)) await kubelet.deletePod(name);
    await clock.advance(29_000);
    expect(kubelet.manager.size).toBeGreaterThan(0);
    await clock.advance(6_000);
    expect(kubelet.manager.size).toBe(0);
  });

  test("is said to be ended in the same breath as that it is about to, if others come first", async () => {
    await using kubelet = await createTestKubelet({ minor: 34, latencyMs: 5 });
    const { clock } = kubelet.env;
    for (const name of names(5)) await kubelet.createPod(name, plain);
    await clock.advance(10_000);
    kubelet.requests.length = 0;
    for (const name of names(5)) await kubelet.deletePod(name);
    await clock.advance(10_000);
    const counts = names(5).map(
      (name) => kubelet.lines().filter((line) => line === `PATCH pods/${name}/status`).length,
    );
    expect(counts).toEqual([2, 1, 1, 1, 1]);
  });

  test("that is deleted by force is asked for until its kubelet is done with it", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    await kubelet.createPod("web", plain);
    await kubelet.env.clock.advance(5_000);
    kubelet.requests.length = 0;
    await kubelet.deletePod("web", 0);
    await kubelet.env.clock.advance(60_000);
    expect(kubelet.lines()).toEqual(["GET pods/web", "GET pods/web", "GET pods/web"]);
    expect(kubelet.manager.size).toBe(0);
    expect(kubelet.tally).toEqual({ Pending: 0, Running: 0, Succeeded: 0 });
  });

  test.each([
    { minor: 31, qosClass: null },
    { minor: 34, qosClass: undefined },
  ] as const)("of 1.$minor that has no room is turned away", async ({ minor, qosClass }) => {
    await using kubelet = await createTestKubelet({ minor, capacity: { cpu: "1" } });
    const resources = { requests: { cpu: "2" } };
    const containers = [{ name: "main", image: "nginx:1.27", resources }];
    await kubelet.createPod("web", { ...plain, containers });
    await kubelet.env.clock.advance(1_000);
    expect(patches(kubelet)).toHaveLength(1);
    const { status } = patches(kubelet)[0] as { status: JsonObject };
    expect(status).toEqual({
      ...(minor < 34 ? {} : { observedGeneration: 1 }),
      phase: "Failed",
      reason: "OutOfcpu",
      message:
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 0, capacity: 1000",
      startTime: "2026-01-01T00:00:00Z",
      qosClass,
    });
  });

  test("with an init container never starts, and is deleted", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    const initContainers = [{ name: "first", image: "busybox" }];
    await kubelet.createPod("web", { ...plain, initContainers });
    await kubelet.env.clock.advance(600_000);
    const pod = await kubelet.pod("web");
    expect(pod?.status).toMatchObject({
      phase: "Pending",
      initContainerStatuses: [{ image: "busybox:latest", ready: false, state: { running: {} } }],
      containerStatuses: [{ ready: true, state: { waiting: { reason: "PodInitializing" } } }],
    });
    const initialized = pod?.status?.conditions?.find(({ type }) => type === "Initialized");
    expect(initialized).toMatchObject({
      status: "False",
      reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [first]",
    });
    await kubelet.deletePod("web");
    await kubelet.env.clock.advance(2_000);
    expect(await kubelet.pod("web")).toBeUndefined();
  });

  test("has the address of all others, and fails at its deadline", async () => {
    await using kubelet = await createTestKubelet({ minor: 31 });
    await kubelet.createPod("web", { ...plain, activeDeadlineSeconds: 60 });
    await kubelet.createPod("host", { ...plain, hostNetwork: true });
    await kubelet.env.clock.advance(10_000);
    expect((await kubelet.pod("web"))?.status?.podIPs).toEqual([{ ip: "192.168.192.168" }]);
    expect((await kubelet.pod("host"))?.status?.podIP).toBe("198.18.0.1");
    await kubelet.env.clock.advance(60_000);
    expect((await kubelet.pod("web"))?.status).toMatchObject({
      phase: "Failed",
      reason: "DeadlineExceeded",
    });
  });
});

test.each([
  { profile: "kubemark", hours: 1 },
  { profile: "kubemark", hours: -1 },
  { profile: "kubelet", hours: 1 },
  { profile: "kubelet", hours: -1 },
] as const)("a clock that is set by $hours h lets pods of $profile come and go", async (row) => {
  const { profile, hours } = row;
  await using kubelet = await createTestKubelet({ profile, minor: 34 });
  const { clock } = kubelet.env;
  await createObjects(kubelet.client);
  await kubelet.createPod("web");
  await clock.advance(50);
  clock.jump(hours * 3_600_000);
  await clock.advance(1_500);
  expect((await kubelet.pod("web"))?.status?.phase).toBe("Running");
  await kubelet.deletePod("web");
  await clock.advance(50);
  clock.jump(hours * 3_600_000);
  await clock.advance(1_500);
  expect(await kubelet.pod("web")).toBeUndefined();
});

describe("the status of a pod", () => {
  test("that somebody else has changed is set right within ten seconds", async () => {
    await using kubelet = await createTestKubelet({ minor: 34 });
    await kubelet.createPod("web", plain);
    await kubelet.env.clock.advance(5_000);
    await kubelet.client.patch(
      pods,
      { namespace: "default", name: "web" },
      "application/strategic-merge-patch+json",
      { status: { conditions: [{ type: "Ready", status: "False" }] } },
      { subresource: "status" },
    );
    kubelet.requests.length = 0;
    await kubelet.env.clock.advance(4_000);
    expect(kubelet.lines()).toEqual([]);
    await kubelet.env.clock.advance(6_000);
    expect(kubelet.lines()).toEqual(["GET pods/web", "PATCH pods/web/status"]);
    const ready = (await kubelet.pod("web"))?.status?.conditions?.find(
      ({ type }) => type === "Ready",
    );
    expect(ready?.status).toBe("True");
    await kubelet.env.clock.advance(60_000);
    expect(kubelet.requests).toHaveLength(2);
  });

  test("that could not be written is written with the next one, or after ten seconds", async () => {
    await using kubelet = await createTestKubelet({ minor: 34 });
    const refused = { status: 503, headers: {}, body: { kind: "none" } } as const;
    kubelet.intercept = async () => refused;
    await kubelet.createPod("web", plain);
    await kubelet.env.clock.advance(1_500);
    expect(kubelet.lines()).toEqual(["GET pods/web", "GET pods/web"]);
    await kubelet.env.clock.advance(20_000);
    expect(kubelet.lines()).toHaveLength(4);
    kubelet.intercept = undefined;
    await kubelet.env.clock.advance(10_000);
    expect((await kubelet.pod("web"))?.status?.phase).toBe("Running");
    expect(patches(kubelet)).toHaveLength(1);
  });

  test("of a pod that was made again under its name is left alone", async () => {
    await using kubelet = await createTestKubelet({ minor: 34, latencyMs: 50 });
    const first = await kubelet.createPod("web", plain);
    await kubelet.deletePod("web", 0);
    const second = await kubelet.createPod("web", plain);
    await kubelet.env.clock.advance(5_000);
    const uids = patches(kubelet).map(({ metadata }) => (metadata as JsonObject)["uid"]);
    expect(new Set(uids)).toEqual(new Set([second.metadata.uid]));
    expect(first.metadata.uid).not.toBe(second.metadata.uid);
    expect((await kubelet.pod("web"))?.status?.phase).toBe("Running");
  });
});
