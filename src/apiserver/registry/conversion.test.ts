import { expect, test } from "vitest";
import { eventFieldToCore, eventFromCore, eventToCore } from "./event-conversion.ts";
import { hpaFromV2, hpaToV2 } from "./hpa-conversion.ts";

const coreEvent = {
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: "e", namespace: "default" },
  involvedObject: { kind: "Pod", name: "p" },
  message: "Started it",
  reportingComponent: "kubelet",
  reportingInstance: "n1",
  source: { component: "kubelet" },
  firstTimestamp: "2026-01-01T00:00:00Z",
  count: 2,
  type: "Normal",
};

test("an Event has other names in events.k8s.io", () => {
  expect(eventFromCore(coreEvent)).toEqual({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "e", namespace: "default" },
    regarding: { kind: "Pod", name: "p" },
    note: "Started it",
    reportingController: "kubelet",
    reportingInstance: "n1",
    deprecatedSource: { component: "kubelet" },
    deprecatedFirstTimestamp: "2026-01-01T00:00:00Z",
    deprecatedCount: 2,
    type: "Normal",
  });
});

test("an Event comes back as it was", () => {
  expect(eventToCore(eventFromCore(coreEvent))).toEqual(coreEvent);
});

test.each([
  { label: "regarding.kind", core: "involvedObject.kind" },
  { label: "reportingController", core: "reportingComponent" },
  { label: "reason", core: "reason" },
])("a selector's $label is stored as $core", ({ label, core }) => {
  expect(eventFieldToCore(label)).toBe(core);
});

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };

test("the CPU target of autoscaling/v1 is a metric", () => {
  const older = {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web" },
    spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 60 },
    status: { currentReplicas: 1, desiredReplicas: 1 },
  };
  const stored = hpaToV2(older);
  expect(stored["spec"]).toEqual({
    scaleTargetRef,
    maxReplicas: 3,
    metrics: [
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
      },
    ],
  });
  expect(hpaFromV2(stored)).toEqual(older);
});

test("what autoscaling/v1 has no field for survives a read and a write in it", () => {
  const stored = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", annotations: { note: "ours" } },
    spec: {
      scaleTargetRef,
      maxReplicas: 3,
      metrics: [
        { type: "Resource", resource: { name: "memory", target: { averageValue: "1Gi" } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 5 } },
    },
    status: {
      currentReplicas: 1,
      desiredReplicas: 2,
      conditions: [{ type: "AbleToScale", status: "True" }],
      currentMetrics: [
        { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 7 } } },
      ],
    },
  };
  const older = hpaFromV2(stored);
  expect(older["status"]).toEqual({
    currentReplicas: 1,
    desiredReplicas: 2,
    currentCPUUtilizationPercentage: 7,
  });
  expect(hpaToV2(older)).toEqual(stored);
});

test("an annotation that is no JSON counts as nothing", () => {
  const spec = { scaleTargetRef, maxReplicas: 3 };
  const broken = { "autoscaling.alpha.kubernetes.io/metrics": "{" };
  const stored = hpaToV2({ metadata: { name: "web", annotations: broken }, spec });
  expect(stored["spec"]).toEqual(spec);
  expect(stored["metadata"]).toEqual({ name: "web" });
});
