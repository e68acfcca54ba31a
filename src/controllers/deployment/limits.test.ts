import { expect, test } from "vitest";
import type { Deployment, IntOrPercent } from "../../k8s/types/apps.ts";
import { maxSurge, maxUnavailable } from "./limits.ts";

function deploymentOf(
  replicas: number,
  rollingUpdate: { maxSurge: IntOrPercent; maxUnavailable: IntOrPercent },
): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", uid: "1", resourceVersion: "1", creationTimestamp: "" },
    spec: {
      replicas,
      selector: {},
      template: { spec: { containers: [] } },
      strategy: { type: "RollingUpdate", rollingUpdate },
    },
  };
}

test.each([
  { replicas: 10, surge: "25%", unavailable: "25%", limits: [3, 2] },
  { replicas: 1, surge: "25%", unavailable: "25%", limits: [1, 0] },
  { replicas: 3, surge: 0, unavailable: "10%", limits: [0, 1] },
  { replicas: 3, surge: 0, unavailable: 0, limits: [0, 1] },
  { replicas: 3, surge: 0, unavailable: 5, limits: [0, 3] },
  { replicas: 0, surge: 1, unavailable: 1, limits: [1, 0] },
])("$replicas replicas with surge $surge and unavailable $unavailable: $limits", (row) => {
  const rollingUpdate = { maxSurge: row.surge, maxUnavailable: row.unavailable };
  const deployment = deploymentOf(row.replicas, rollingUpdate);
  expect([maxSurge(deployment), maxUnavailable(deployment)]).toEqual(row.limits);
});

test("Recreate has neither", () => {
  const { spec, ...rest } = deploymentOf(10, { maxSurge: 3, maxUnavailable: 3 });
  const deployment = { ...rest, spec: { ...spec, strategy: { type: "Recreate" } } } as const;
  expect([maxSurge(deployment), maxUnavailable(deployment)]).toEqual([0, 0]);
});
