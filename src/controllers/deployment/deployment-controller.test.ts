import { expect, test } from "vitest";
import { findCondition } from "../../k8s/conditions.ts";
import { deployments, events, replicaSets } from "../../k8s/resources.ts";
import type { Deployment, ReplicaSet } from "../../k8s/types/apps.ts";
import {
  bindPods,
  deploymentOf,
  type Plane,
  podsOf,
  runFor,
  startPlane,
  templateOf,
} from "../controllers.fixture.ts";

const web = { namespace: "default", name: "web" };

async function getWeb({ client }: Plane): Promise<Deployment> {
  return client.get(deployments, web);
}

async function setImage({ client }: Plane, image: string): Promise<void> {
  const patch = { spec: { template: templateOf("web", image) } };
  await client.patch(deployments, web, "application/strategic-merge-patch+json", patch);
}

async function scale({ client }: Plane, replicas: number): Promise<void> {
  await client.patch(deployments, web, "application/merge-patch+json", { spec: { replicas } });
}

/** Replicas of its ReplicaSets by revision. */
async function sizes({ client }: Plane): Promise<Readonly<Record<string, number>>> {
  const { items } = await client.list(replicaSets, { namespace: "default" });
  return Object.fromEntries(items.map((each) => [revisionOf(each), each.spec.replicas ?? 1]));
}

function revisionOf({ metadata }: ReplicaSet | Deployment): string {
  return metadata.annotations?.["deployment.kubernetes.io/revision"] ?? "";
}

function reasonOf({ status }: Deployment, type: string): string | undefined {
  return findCondition(status?.conditions, type)?.reason;
}

test("a Deployment comes up by one ReplicaSet and is available", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 3 }));
  await runFor(plane, 4);
  const deployment = await getWeb(plane);
  expect(deployment.status).toMatchObject({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
  });
  expect(deployment.status?.unavailableReplicas).toBeUndefined();
  expect(reasonOf(deployment, "Available")).toBe("MinimumReplicasAvailable");
  expect(reasonOf(deployment, "Progressing")).toBe("NewReplicaSetAvailable");
  expect(revisionOf(deployment)).toBe("1");
  expect(await podsOf(plane.client, "app=web")).toHaveLength(3);
  expect(plane.warnings).toEqual([]);
});

test("what it does is told in events", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 1 }));
  await runFor(plane, 4);
  const { items } = await plane.client.list(events, { namespace: "default" });
  const told = items.map((event) => `${event.involvedObject.kind} ${event.reason}`);
  expect(told).toContain("Deployment ScalingReplicaSet");
  expect(told).toContain("ReplicaSet SuccessfulCreate");
});

test("a settled Deployment is left alone", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 3 }));
  await runFor(plane, 5);
  const before = await getWeb(plane);
  await plane.clock.advance(3_600_000);
  expect((await getWeb(plane)).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});

test("a rolling update never has too few available pods, nor too many pods", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 8 }));
  await runFor(plane, 4);
  await setImage(plane, "nginx:2");
  for (let step = 0; step < 20; step += 1) {
    await runFor(plane, 1);
    const pods = await podsOf(plane.client, "app=web");
    const ready = pods.filter(({ status }) => findCondition(status?.conditions, "Ready"));
    expect(pods.length).toBeLessThanOrEqual(8 + 2);
    expect(ready.length).toBeGreaterThanOrEqual(8 - 2);
  }
  expect(await sizes(plane)).toEqual({ "1": 0, "2": 8 });
  const images = (await podsOf(plane.client)).map(({ spec }) => spec.containers[0]?.image);
  expect(new Set(images)).toEqual(new Set(["nginx:2"]));
  expect(plane.warnings).toEqual([]);
});

test("a rollback makes the old ReplicaSet the newest revision", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 2 }));
  await runFor(plane, 4);
  await setImage(plane, "nginx:2");
  await runFor(plane, 8);
  await setImage(plane, "nginx:1");
  await runFor(plane, 8);
  expect(await sizes(plane)).toEqual({ "2": 0, "3": 2 });
  expect(revisionOf(await getWeb(plane))).toBe("3");
});

test("Recreate ends all old pods before it starts new ones", async () => {
  await using plane = await startPlane();
  const strategy = { type: "Recreate" } as const;
  await plane.client.create(deployments, deploymentOf("web", { replicas: 3, strategy }));
  await plane.clock.advance(1_000);
  await bindPods(plane, "node-1");
  await runFor(plane, 4);
  await setImage(plane, "nginx:2");
  // Nobody ends the old pods yet.
  await plane.clock.advance(5_000);
  expect(await sizes(plane)).toEqual({ "1": 0 });
  await runFor(plane, 5);
  expect(await sizes(plane)).toEqual({ "1": 0, "2": 3 });
  expect(reasonOf(await getWeb(plane), "Progressing")).toBe("NewReplicaSetAvailable");
});

test("scaling in the middle of a rollout shares the pods out in proportion", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 10 }));
  await runFor(plane, 4);
  await setImage(plane, "broken:1");
  // The new pods never become ready: 13 pods, of which 5 new.
  await plane.clock.advance(5_000);
  expect(await sizes(plane)).toEqual({ "1": 8, "2": 5 });
  await scale(plane, 15);
  await plane.clock.advance(5_000);
  // 15 + 25 % = 19: six more, shared 8:5.
  expect(await sizes(plane)).toEqual({ "1": 12, "2": 7 });
});

test("a paused Deployment scales but does not roll out", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 2, paused: true }));
  await plane.clock.advance(2_000);
  expect(await sizes(plane)).toEqual({});
  expect(reasonOf(await getWeb(plane), "Progressing")).toBe("DeploymentPaused");
  const patch = { spec: { paused: false } };
  await plane.client.patch(deployments, web, "application/merge-patch+json", patch);
  await runFor(plane, 4);
  expect(await sizes(plane)).toEqual({ "1": 2 });
});

test("a rollout without progress times out", async () => {
  await using plane = await startPlane();
  const spec = { replicas: 2, progressDeadlineSeconds: 60 };
  await plane.client.create(deployments, deploymentOf("web", spec));
  await plane.clock.advance(50_000);
  expect(reasonOf(await getWeb(plane), "Progressing")).toBe("ReplicaSetUpdated");
  await plane.clock.advance(20_000);
  expect(reasonOf(await getWeb(plane), "Progressing")).toBe("ProgressDeadlineExceeded");
});

test("old ReplicaSets go beyond the history limit", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { revisionHistoryLimit: 1 }));
  for (const image of ["nginx:2", "nginx:3", "nginx:4"]) {
    await runFor(plane, 5);
    await setImage(plane, image);
  }
  await runFor(plane, 8);
  expect(await sizes(plane)).toEqual({ "3": 0, "4": 1 });
});

test("deleting a Deployment takes its ReplicaSets and pods with it", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 3 }));
  await runFor(plane, 4);
  await plane.client.delete(deployments, web);
  await runFor(plane, 6);
  expect(await sizes(plane)).toEqual({});
  expect(await podsOf(plane.client)).toEqual([]);
});

test("deleting it with --cascade=orphan leaves them, and another Deployment takes them over", async () => {
  await using plane = await startPlane();
  await plane.client.create(deployments, deploymentOf("web", { replicas: 3 }));
  await runFor(plane, 4);
  await plane.client.delete(deployments, web, { propagationPolicy: "Orphan" });
  await runFor(plane, 4);
  const before = (await podsOf(plane.client)).map(({ metadata }) => metadata.uid).sort();
  expect(before).toHaveLength(3);
  await plane.client.create(deployments, deploymentOf("web", { replicas: 3 }));
  await runFor(plane, 4);
  expect(await sizes(plane)).toEqual({ "1": 3 });
  const after = (await podsOf(plane.client)).map(({ metadata }) => metadata.uid).sort();
  expect(after).toEqual(before);
});
