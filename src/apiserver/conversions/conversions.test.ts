import { expect, test } from "vitest";
import { createTestServer } from "../api-server.fixture.ts";

const core = "/api/v1/namespaces/default/events";
const named = "/apis/events.k8s.io/v1/namespaces/default/events";

const event = {
  metadata: { name: "a", namespace: "default" },
  involvedObject: { kind: "Pod", namespace: "default", name: "p" },
  reason: "Started",
  message: "it runs",
  type: "Normal",
  count: 2,
  source: { component: "kubelet" },
};

test("an event can be read, selected and changed in both of its versions", async () => {
  const { call, watch } = createTestServer();
  const seen = await watch(`${named}?watch=1`);
  expect((await call("POST", core, event)).status).toBe(201);
  expect((await call("GET", `${named}/a`)).value).toMatchObject({
    apiVersion: "events.k8s.io/v1",
    regarding: { name: "p" },
    note: "it runs",
    deprecatedCount: 2,
    deprecatedSource: { component: "kubelet" },
  });
  const patched = await call("PATCH", `${named}/a`, { deprecatedCount: 3 });
  expect(patched.value).toMatchObject({ apiVersion: "events.k8s.io/v1", deprecatedCount: 3 });
  expect((await call("GET", `${core}/a`)).value).toMatchObject({ apiVersion: "v1", count: 3 });
  const selected = await call("GET", `${named}?fieldSelector=regarding.name=p`);
  expect(selected.value.items).toHaveLength(1);
  expect((await call("GET", `${named}?fieldSelector=regarding.name=q`)).value.items).toEqual([]);
  expect(seen.events.map(({ type, object }) => [type, object["deprecatedCount"]])).toEqual([
    ["ADDED", 2],
    ["MODIFIED", 3],
  ]);
});

test("an autoscaler of the first version is stored in the second", async () => {
  const { call } = createTestServer();
  const path = (version: string): string =>
    `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
  const scaleTargetRef = { kind: "Deployment", name: "d", apiVersion: "apps/v1" };
  const spec = { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef };
  const created = await call("POST", path("v1"), { metadata: { name: "h" }, spec });
  expect(created.value).toMatchObject({ apiVersion: "autoscaling/v1", spec });
  const target = { type: "Utilization", averageUtilization: 50 };
  expect((await call("GET", `${path("v2")}/h`)).value).toMatchObject({
    apiVersion: "autoscaling/v2",
    spec: { metrics: [{ type: "Resource", resource: { name: "cpu", target } }] },
  });
});
