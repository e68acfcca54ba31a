import { expect, test } from "vitest";
import { findCondition } from "../../k8s/conditions.ts";
import { configMaps, deployments, namespaces, pods } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import { deploymentOf, type Plane, startPlane } from "../controllers.fixture.ts";

const name = "team";

async function createNamespace({ client, clock }: Plane): Promise<void> {
  await client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await clock.advance(1_000);
}

async function exists({ client }: Plane): Promise<boolean> {
  try {
    await client.get(namespaces, { name });
    return true;
  } catch (error) {
    if (isApiError(error, "NotFound")) return false;
    throw error;
  }
}

test("a namespace takes everything in it along", async () => {
  await using plane = await startPlane();
  await createNamespace(plane);
  const deployment = deploymentOf("web", { replicas: 3 });
  const metadata = { ...deployment.metadata, namespace: name };
  await plane.client.create(deployments, { ...deployment, metadata });
  await plane.clock.advance(2_000);
  expect((await plane.client.list(pods, { namespace: name })).items).toHaveLength(3);
  await plane.client.delete(namespaces, { name });
  await plane.clock.advance(5_000);
  expect(await exists(plane)).toBe(false);
  expect((await plane.client.list(pods, { namespace: name })).items).toEqual([]);
  expect(plane.warnings).toEqual([]);
});

test("what a finalizer holds keeps it, and its conditions say so", async () => {
  await using plane = await startPlane();
  await createNamespace(plane);
  const ref = { namespace: name, name: "held" };
  await plane.client.create(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { ...ref, finalizers: ["example.com/hold"] },
  });
  await plane.client.delete(namespaces, { name });
  await plane.clock.advance(5_000);
  const { status } = await plane.client.get(namespaces, { name });
  expect(findCondition(status?.conditions, "NamespaceFinalizersRemaining")).toMatchObject({
    status: "True",
    reason: "SomeFinalizersRemain",
    message:
      "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
  });
  expect(findCondition(status?.conditions, "NamespaceContentRemaining")?.message).toBe(
    "Some resources are remaining: configmaps. has 1 resource instances",
  );
  const patch = { metadata: { finalizers: null } };
  await plane.client.patch(configMaps, ref, "application/merge-patch+json", patch);
  await plane.clock.advance(5_000);
  expect(await exists(plane)).toBe(false);
});

test("each namespace has its service account and the root CA, also after they were deleted", async () => {
  await using plane = await startPlane({ rootCaPem: "PEM" });
  await createNamespace(plane);
  const ref = { namespace: name, name: "kube-root-ca.crt" };
  expect((await plane.client.get(configMaps, ref)).data).toEqual({ "ca.crt": "PEM" });
  await plane.client.delete(configMaps, ref);
  await plane.clock.advance(1_000);
  expect((await plane.client.get(configMaps, ref)).data).toEqual({ "ca.crt": "PEM" });
});
