import { expect, test } from "vitest";
import { controllerRevisions, daemonSets, nodes } from "../../k8s/resources.ts";
import type { DaemonSet } from "../../k8s/types/apps.ts";
import type { ToCreate } from "../../k8s/types/meta.ts";
import {
  addNode,
  type Plane,
  podsOf,
  runFor,
  startPlane,
  templateOf,
} from "../controllers.fixture.ts";
import { targetNode } from "./daemon-pods.ts";

const agent = { namespace: "default", name: "agent" };
const quiet = ["daemonset-controller", "serviceaccount-controller"] as const;

function daemonSetOf(spec: Partial<DaemonSet["spec"]> = {}): ToCreate<DaemonSet> {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: agent,
    spec: { selector: { matchLabels: { app: "agent" } }, template: templateOf("agent"), ...spec },
  };
}

async function startNodes(plane: Plane, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await addNode(plane, name, {
      "kubernetes.io/os": name.startsWith("win") ? "windows" : "linux",
    });
    // Nobody else takes the taint off that a node is admitted with.
    const patch = { spec: { taints: null } };
    await plane.client.patch(nodes, { name }, "application/merge-patch+json", patch);
  }
}

async function nodesOfPods({ client }: Plane): Promise<readonly (string | undefined)[]> {
  return (await podsOf(client)).map(targetNode).sort();
}

test("each node gets one pod, also those that come later; a node that goes takes its pod along", async () => {
  await using plane = await startPlane({ only: quiet });
  await startNodes(plane, ["a", "b"]);
  await plane.client.create(daemonSets, daemonSetOf());
  await runFor(plane, 3);
  expect(await nodesOfPods(plane)).toEqual(["a", "b"]);
  await startNodes(plane, ["c"]);
  await runFor(plane, 3);
  expect(await nodesOfPods(plane)).toEqual(["a", "b", "c"]);
  const daemonSet = await plane.client.get(daemonSets, agent);
  expect(daemonSet.status).toMatchObject({
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    numberReady: 3,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
    numberMisscheduled: 0,
    observedGeneration: 1,
  });
  await plane.client.delete(nodes, { name: "a" });
  await runFor(plane, 3);
  expect(await nodesOfPods(plane)).toEqual(["b", "c"]);
  expect(plane.warnings).toEqual([]);
});

test("only nodes that the template selects get a pod", async () => {
  await using plane = await startPlane({ only: quiet });
  await startNodes(plane, ["a", "win-b"]);
  const { spec, metadata } = templateOf("agent");
  const nodeSelector = { "kubernetes.io/os": "linux" };
  const template = { ...(metadata && { metadata }), spec: { ...spec, nodeSelector } };
  await plane.client.create(daemonSets, daemonSetOf({ template }));
  await runFor(plane, 3);
  expect(await nodesOfPods(plane)).toEqual(["a"]);
});

async function updateImage({ client }: Plane): Promise<void> {
  const patch = { spec: { template: templateOf("agent", "agent:2") } };
  await client.patch(daemonSets, agent, "application/strategic-merge-patch+json", patch);
}

async function imagesOf({ client }: Plane): Promise<readonly (string | undefined)[]> {
  return (await podsOf(client)).map(({ spec }) => spec.containers[0]?.image).sort();
}

test.each([
  { name: "in place", maxSurge: 0, maxUnavailable: 1, least: 2, most: 3 },
  { name: "by surge", maxSurge: 1, maxUnavailable: 0, least: 3, most: 4 },
])("an update replaces the pods $name, one at a time", async ({ least, most, ...limits }) => {
  await using plane = await startPlane({ only: quiet });
  await startNodes(plane, ["a", "b", "c"]);
  const { maxSurge, maxUnavailable } = limits;
  const rollingUpdate = { maxSurge, maxUnavailable };
  const updateStrategy = { type: "RollingUpdate", rollingUpdate } as const;
  await plane.client.create(daemonSets, daemonSetOf({ updateStrategy }));
  await runFor(plane, 3);
  await updateImage(plane);
  for (let step = 0; step < 15; step += 1) {
    await runFor(plane, 1);
    const count = (await podsOf(plane.client)).length;
    expect(count).toBeGreaterThanOrEqual(least);
    expect(count).toBeLessThanOrEqual(most);
  }
  expect(await imagesOf(plane)).toEqual(["agent:2", "agent:2", "agent:2"]);
  expect(await nodesOfPods(plane)).toEqual(["a", "b", "c"]);
  const revisions = (await plane.client.list(controllerRevisions, { namespace: "default" })).items;
  expect(revisions.map(({ revision }) => revision).sort()).toEqual([1, 2]);
});

test("with OnDelete a pod is replaced only when somebody deletes it", async () => {
  await using plane = await startPlane({ only: quiet });
  await startNodes(plane, ["a", "b"]);
  await plane.client.create(daemonSets, daemonSetOf({ updateStrategy: { type: "OnDelete" } }));
  await runFor(plane, 3);
  await updateImage(plane);
  await runFor(plane, 3);
  expect(await imagesOf(plane)).toEqual(["nginx:1", "nginx:1"]);
});
