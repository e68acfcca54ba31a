import { expect, test } from "vitest";
import { configMaps, leases, nodes } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { ConfigMap } from "../../k8s/types/core.ts";
import type { KubeObject, OwnerReference } from "../../k8s/types/meta.ts";
import { addNode, type Plane, renewLease, startPlane } from "../controllers.fixture.ts";

const only = ["garbage-collector-controller"] as const;

function referenceTo(owner: KubeObject, blockOwnerDeletion: boolean = true): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, blockOwnerDeletion };
}

async function createConfigMap(
  { client }: Plane,
  name: string,
  owners: readonly OwnerReference[] = [],
): Promise<ConfigMap> {
  return client.create(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "default", name, ownerReferences: owners },
  });
}

async function namesLeft({ client }: Plane): Promise<readonly string[]> {
  const { items } = await client.list(configMaps, { namespace: "default" });
  return items.map(({ metadata }) => metadata.name).sort();
}

const parent = { namespace: "default", name: "parent" };

test("in the background the owner goes at once, and what it owned follows, level by level", async () => {
  await using plane = await startPlane({ only });
  const owner = await createConfigMap(plane, "parent");
  const child = await createConfigMap(plane, "child", [referenceTo(owner)]);
  await createConfigMap(plane, "grandchild", [referenceTo(child)]);
  await createConfigMap(plane, "stranger");
  await plane.clock.advance(1_000);
  await plane.client.delete(configMaps, parent, { propagationPolicy: "Background" });
  expect(await namesLeft(plane)).toEqual(["child", "grandchild", "stranger"]);
  await plane.clock.advance(1_000);
  expect(await namesLeft(plane)).toEqual(["stranger"]);
});

test("in the foreground the owner goes last", async () => {
  await using plane = await startPlane({ only });
  const owner = await createConfigMap(plane, "parent");
  const child = await createConfigMap(plane, "child", [referenceTo(owner)]);
  await createConfigMap(plane, "grandchild", [referenceTo(child)]);
  const patch = { metadata: { finalizers: ["example.com/hold"] } };
  const held = { namespace: "default", name: "grandchild" };
  await plane.client.patch(configMaps, held, "application/merge-patch+json", patch);
  await plane.clock.advance(1_000);
  await plane.client.delete(configMaps, parent, { propagationPolicy: "Foreground" });
  await plane.clock.advance(5_000);
  expect(await namesLeft(plane)).toEqual(["child", "grandchild", "parent"]);
  const release = { metadata: { finalizers: null } };
  await plane.client.patch(configMaps, held, "application/merge-patch+json", release);
  await plane.clock.advance(2_000);
  expect(await namesLeft(plane)).toEqual([]);
});

test("orphaned dependents stay, and forget their owner", async () => {
  await using plane = await startPlane({ only });
  const owner = await createConfigMap(plane, "parent");
  await createConfigMap(plane, "child", [referenceTo(owner)]);
  await plane.clock.advance(1_000);
  await plane.client.delete(configMaps, parent, { propagationPolicy: "Orphan" });
  await plane.clock.advance(1_000);
  expect(await namesLeft(plane)).toEqual(["child"]);
  const child = await plane.client.get(configMaps, { namespace: "default", name: "child" });
  expect(child.metadata.ownerReferences ?? []).toEqual([]);
});

test("with two owners, the last one decides", async () => {
  await using plane = await startPlane({ only });
  const one = await createConfigMap(plane, "one");
  const two = await createConfigMap(plane, "two");
  await createConfigMap(plane, "child", [referenceTo(one), referenceTo(two)]);
  await plane.clock.advance(1_000);
  await plane.client.delete(configMaps, { namespace: "default", name: "one" });
  await plane.clock.advance(1_000);
  expect(await namesLeft(plane)).toEqual(["child", "two"]);
  const child = await plane.client.get(configMaps, { namespace: "default", name: "child" });
  expect(child.metadata.ownerReferences?.map(({ name }) => name)).toEqual(["two"]);
  await plane.client.delete(configMaps, { namespace: "default", name: "two" });
  await plane.clock.advance(1_000);
  expect(await namesLeft(plane)).toEqual([]);
});

test("an object whose owner was never there goes; one of an unknown kind stays", async () => {
  await using plane = await startPlane({ only });
  const gone = { apiVersion: "v1", kind: "ConfigMap", name: "gone", uid: "1" };
  const alien = { apiVersion: "example.com/v1", kind: "Alien", name: "x", uid: "2" };
  await createConfigMap(plane, "lost", [gone]);
  await createConfigMap(plane, "kept", [alien]);
  await plane.clock.advance(5_000);
  expect(await namesLeft(plane)).toEqual(["kept"]);
});

test("a node takes its Lease along", async () => {
  await using plane = await startPlane({ only });
  const node = await addNode(plane, "a");
  await renewLease(plane, "a");
  const ref = { namespace: "kube-node-lease", name: "a" };
  const patch = { metadata: { ownerReferences: [referenceTo(node, false)] } };
  await plane.client.patch(leases, ref, "application/merge-patch+json", patch);
  await plane.clock.advance(1_000);
  await plane.client.delete(nodes, { name: "a" });
  await plane.clock.advance(1_000);
  const found = await plane.client.get(leases, ref).catch((error: unknown) => error);
  expect(isApiError(found, "NotFound")).toBe(true);
});
