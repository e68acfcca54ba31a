import { expect, test } from "vitest";
import { findCondition } from "../../k8s/conditions.ts";
import { controllerOf } from "../../k8s/owner-refs.ts";
import { pods, replicaSets, replicationControllers } from "../../k8s/resources.ts";
import type { ReplicaSet } from "../../k8s/types/apps.ts";
import type { ToCreate } from "../../k8s/types/meta.ts";
import { type Plane, podsOf, runFor, startPlane, templateOf } from "../controllers.fixture.ts";

const web = { namespace: "default", name: "web" };

function replicaSetOf(spec: Partial<ReplicaSet["spec"]> = {}): ToCreate<ReplicaSet> {
  const selector = { matchLabels: { app: "web" } };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: web,
    spec: { selector, template: templateOf("web"), ...spec },
  };
}

async function scale({ client }: Plane, replicas: number): Promise<void> {
  await client.patch(replicaSets, web, "application/merge-patch+json", { spec: { replicas } });
}

test("exactly as many pods are created as wanted, however late the cache hears of them", async () => {
  await using plane = await startPlane({}, { watchDelayMs: 3_000 });
  await plane.client.create(replicaSets, replicaSetOf({ replicas: 20 }));
  for (let step = 0; step < 20; step += 1) {
    await plane.clock.advance(1_000);
    expect((await podsOf(plane.client)).length).toBeLessThanOrEqual(20);
  }
  expect(await podsOf(plane.client)).toHaveLength(20);
  await scale(plane, 5);
  for (let step = 0; step < 20; step += 1) {
    await plane.clock.advance(1_000);
    expect((await podsOf(plane.client)).length).toBeGreaterThanOrEqual(5);
  }
  expect(await podsOf(plane.client)).toHaveLength(5);
});

test("a pod that ends or is deleted is replaced", async () => {
  await using plane = await startPlane();
  await plane.client.create(replicaSets, replicaSetOf({ replicas: 2 }));
  await runFor(plane, 2);
  const [first, second] = (await podsOf(plane.client)).map(({ metadata }) => metadata.name);
  await plane.client.delete(pods, { namespace: "default", name: first ?? "" });
  const patch = { status: { phase: "Failed" } };
  const type = "application/merge-patch+json";
  const ref = { namespace: "default", name: second ?? "" };
  await plane.client.patch(pods, ref, type, patch, { subresource: "status" });
  await plane.clock.advance(1_000);
  const alive = (await podsOf(plane.client)).filter(({ status }) => status?.phase !== "Failed");
  expect(alive).toHaveLength(2);
});

test("an orphan that it selects is adopted, and counts", async () => {
  await using plane = await startPlane();
  const { metadata, spec } = templateOf("web");
  await plane.client.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, namespace: "default", name: "orphan" },
    spec,
  });
  await plane.client.create(replicaSets, replicaSetOf({ replicas: 2 }));
  await plane.clock.advance(2_000);
  expect(await podsOf(plane.client)).toHaveLength(2);
  const orphan = await plane.client.get(pods, { namespace: "default", name: "orphan" });
  expect(controllerOf(orphan.metadata)?.name).toBe("web");
});

test("a pod that is labelled otherwise is released, and replaced", async () => {
  await using plane = await startPlane();
  await plane.client.create(replicaSets, replicaSetOf({ replicas: 1 }));
  await plane.clock.advance(2_000);
  const [pod] = await podsOf(plane.client);
  const ref = { namespace: "default", name: pod?.metadata.name ?? "" };
  const patch = { metadata: { labels: { app: "debug" } } };
  await plane.client.patch(pods, ref, "application/merge-patch+json", patch);
  await plane.clock.advance(2_000);
  expect(await podsOf(plane.client, "app=web")).toHaveLength(1);
  const released = await plane.client.get(pods, ref);
  expect(controllerOf(released.metadata)).toBeUndefined();
});

test("pods that are refused show in the status, and are tried for again", async () => {
  await using plane = await startPlane();
  const template = templateOf("web");
  const refused = { ...template, spec: { ...template.spec, priorityClassName: "absent" } };
  await plane.client.create(replicaSets, replicaSetOf({ replicas: 3, template: refused }));
  await plane.clock.advance(2_000);
  const { status } = await plane.client.get(replicaSets, web);
  expect(findCondition(status?.conditions, "ReplicaFailure")).toMatchObject({
    status: "True",
    reason: "FailedCreate",
    message: expect.stringContaining("no PriorityClass with name absent was found"),
  });
  const patch = { spec: { template: { spec: { priorityClassName: null } } } };
  await plane.client.patch(replicaSets, web, "application/merge-patch+json", patch);
  await plane.clock.advance(60_000);
  const recovered = await plane.client.get(replicaSets, web);
  expect(recovered.status).toMatchObject({ replicas: 3 });
  expect(findCondition(recovered.status?.conditions, "ReplicaFailure")).toBeUndefined();
});

test("with minReadySeconds a pod is available only after that time", async () => {
  await using plane = await startPlane();
  await plane.client.create(replicaSets, replicaSetOf({ replicas: 1, minReadySeconds: 30 }));
  await runFor(plane, 2);
  await plane.clock.advance(20_000);
  const early = await plane.client.get(replicaSets, web);
  expect(early.status).toMatchObject({ readyReplicas: 1 });
  expect(early.status?.availableReplicas).toBeUndefined();
  await plane.clock.advance(15_000);
  expect((await plane.client.get(replicaSets, web)).status?.availableReplicas).toBe(1);
});

test("a ReplicationController does the same", async () => {
  await using plane = await startPlane();
  await plane.client.create(replicationControllers, {
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: web,
    spec: { replicas: 2, selector: { app: "web" }, template: templateOf("web") },
  });
  await runFor(plane, 3);
  const { status } = await plane.client.get(replicationControllers, web);
  expect(status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2 });
});
