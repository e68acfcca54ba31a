import { expect, test } from "vitest";
import { deployments, endpointSlices, nodes, pods, services } from "../../k8s/resources.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { EndpointSlice } from "../../k8s/types/discovery.ts";
import {
  addNode,
  bindPods,
  deploymentOf,
  type Plane,
  podsOf,
  runPods,
  startPlane,
} from "../controllers.fixture.ts";

const only = [
  "deployment-controller",
  "replicaset-controller",
  "endpointslice-controller",
  "garbage-collector-controller",
  "serviceaccount-controller",
] as const;

async function startWeb(plane: Plane, replicas: number, spec: Service["spec"] = {}): Promise<void> {
  await plane.client.create(deployments, deploymentOf("web", { replicas }));
  await plane.client.create(services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }], ...spec },
  });
  await addNode(plane, "n1", { "topology.kubernetes.io/zone": "z1" });
  await plane.clock.advance(2_000);
  await bindPods(plane, "n1");
  await giveAddresses(plane);
  await runPods(plane);
  await plane.clock.advance(2_000);
}

async function giveAddresses({ client }: Plane): Promise<void> {
  for (const [index, { metadata }] of (await podsOf(client)).entries()) {
    const ip = `10.1.0.${index + 1}`;
    const status = { podIP: ip, podIPs: [{ ip }] };
    const ref = { namespace: "default", name: metadata.name };
    const type = "application/merge-patch+json";
    await client.patch(pods, ref, type, { status }, { subresource: "status" });
  }
}

async function slicesOf({ client }: Plane): Promise<readonly EndpointSlice[]> {
  const labelSelector = "kubernetes.io/service-name=web";
  return (await client.list(endpointSlices, { namespace: "default", labelSelector })).items;
}

function ready(slices: readonly EndpointSlice[]): number {
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  return endpoints.filter(({ conditions }) => conditions?.ready === true).length;
}

test("the ready pods of a service are its endpoints, and the time is that of the last change", async () => {
  await using plane = await startPlane({ only });
  await startWeb(plane, 3);
  const [slice, ...others] = await slicesOf(plane);
  expect(others).toEqual([]);
  expect(slice?.endpoints).toHaveLength(3);
  expect(slice?.endpoints?.[0]).toMatchObject({ nodeName: "n1", zone: "z1" });
  expect(slice?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  const time = slice?.metadata.annotations?.["endpoints.kubernetes.io/last-change-trigger-time"];
  expect(time).toBe(
    (await podsOf(plane.client))[0]?.status?.conditions?.at(-1)?.lastTransitionTime,
  );
  expect(plane.warnings).toEqual([]);
});

test("a pod that is being deleted serves on and is not ready", async () => {
  await using plane = await startPlane({ only });
  await startWeb(plane, 2);
  const [pod] = await podsOf(plane.client);
  await plane.client.delete(pods, { namespace: "default", name: pod?.metadata.name ?? "" });
  await plane.clock.advance(1_000);
  const slices = await slicesOf(plane);
  expect(ready(slices)).toBe(1);
  const leaving = slices[0]?.endpoints?.find(({ conditions }) => conditions?.terminating === true);
  expect(leaving).toMatchObject({
    targetRef: { name: pod?.metadata.name },
    conditions: { serving: true },
  });
});

test("a hundred and fifty endpoints take two slices, however late the cache is", async () => {
  await using plane = await startPlane({ only }, { watchDelayMs: 300 });
  await startWeb(plane, 150);
  await plane.clock.advance(5_000);
  const slices = await slicesOf(plane);
  expect(ready(slices)).toBe(150);
  expect(slices.map(({ endpoints }) => endpoints?.length).sort()).toEqual([100, 50]);
});

test("slices that somebody deletes or changes are as they were soon after", async () => {
  await using plane = await startPlane({ only });
  await startWeb(plane, 2);
  const [slice] = await slicesOf(plane);
  if (slice === undefined) expect.unreachable();
  await plane.client.update(endpointSlices, { ...slice, endpoints: [] });
  await plane.clock.advance(1_000);
  expect(ready(await slicesOf(plane))).toBe(2);
  await plane.client.delete(endpointSlices, { namespace: "default", name: slice.metadata.name });
  await plane.clock.advance(1_000);
  expect(ready(await slicesOf(plane))).toBe(2);
});

test("slices go with their service", async () => {
  await using plane = await startPlane({ only });
  await startWeb(plane, 2);
  await plane.client.delete(services, { namespace: "default", name: "web" });
  await plane.clock.advance(2_000);
  expect(await slicesOf(plane)).toEqual([]);
});

test.each([
  { name: "without a selector", spec: { selector: null } },
  { name: "that is an external name", spec: { type: "ExternalName", externalName: "a.example" } },
])("a service $name has no slices of this controller", async ({ spec }) => {
  await using plane = await startPlane({ only });
  await startWeb(plane, 1, spec as Service["spec"]);
  expect(await slicesOf(plane)).toEqual([]);
});

test("pods of a node that comes late are endpoints then", async () => {
  await using plane = await startPlane({ only });
  await startWeb(plane, 1);
  await plane.client.delete(nodes, { name: "n1" });
  const [pod] = await podsOf(plane.client);
  const patch = { metadata: { labels: { app: "web", extra: "1" } } };
  const ref = { namespace: "default", name: pod?.metadata.name ?? "" };
  await plane.client.patch(pods, ref, "application/merge-patch+json", patch);
  await plane.clock.advance(500);
  expect(ready(await slicesOf(plane))).toBe(0);
  await addNode(plane, "n1");
  await plane.clock.advance(60_000);
  expect(ready(await slicesOf(plane))).toBe(1);
});
