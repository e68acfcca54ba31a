import { expect, test } from "vitest";
import { deployments, podDisruptionBudgets, pods } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { PodDisruptionBudget } from "../../k8s/types/policy.ts";
import { deploymentOf, type Plane, podsOf, runFor, startPlane } from "../controllers.fixture.ts";

const ref = { namespace: "default", name: "web" };

async function startWeb(plane: Plane, spec: PodDisruptionBudget["spec"]): Promise<void> {
  await plane.client.create(deployments, deploymentOf("web", { replicas: 4 }));
  await plane.client.create(podDisruptionBudgets, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: ref,
    spec: { selector: { matchLabels: { app: "web" } }, ...spec },
  });
  await runFor(plane, 4);
}

async function evict({ client }: Plane, name: string): Promise<"evicted" | "refused"> {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
  try {
    await client.createSubresource(pods, { namespace: "default", name }, "eviction", eviction);
    return "evicted";
  } catch (error) {
    if (isApiError(error, "TooManyRequests")) return "refused";
    throw error;
  }
}

test.each([
  { name: "minAvailable 3", spec: { minAvailable: 3 }, allowed: 1, desired: 3 },
  { name: "minAvailable 50%", spec: { minAvailable: "50%" }, allowed: 2, desired: 2 },
  { name: "maxUnavailable 1", spec: { maxUnavailable: 1 }, allowed: 1, desired: 3 },
  { name: "maxUnavailable 30%", spec: { maxUnavailable: "30%" }, allowed: 2, desired: 2 },
])("of four pods, $name lets $allowed go", async ({ spec, allowed, desired }) => {
  await using plane = await startPlane();
  await startWeb(plane, spec);
  const { status } = await plane.client.get(podDisruptionBudgets, ref);
  expect(status).toMatchObject({
    disruptionsAllowed: allowed,
    currentHealthy: 4,
    desiredHealthy: desired,
    expectedPods: 4,
  });
  expect(plane.warnings).toEqual([]);
});

test("an eviction is refused until the pod before it has been replaced", async () => {
  await using plane = await startPlane();
  await startWeb(plane, { maxUnavailable: 1 });
  const [first, second] = (await podsOf(plane.client)).map(({ metadata }) => metadata.name);
  expect(await evict(plane, first ?? "")).toBe("evicted");
  expect(await evict(plane, second ?? "")).toBe("refused");
  await runFor(plane, 4);
  expect(await evict(plane, second ?? "")).toBe("evicted");
});
