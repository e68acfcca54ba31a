import { expect, test } from "vitest";
import type { JsonObject } from "../k8s/json.ts";
import { schemaOf } from "../k8s/schema/schema.ts";
import { applyStrategicMergePatch } from "../k8s/strategic-merge-patch.ts";
import { deleted, live, sidecar, testFacts, testPod } from "./pod.fixture.ts";
import { statusPatch } from "./status-patch.ts";

test("nothing is sent when nothing differs", () => {
  const life = live(testFacts(testPod()));
  expect(statusPatch("u", life.state.status, { ...life.state.status })).toBeUndefined();
});

test("a pod that starts to run sends what has changed, and takes back what no longer holds", () => {
  const life = live(testFacts(testPod()));
  const creating = life.state.status;
  life.passTo(1_000);
  const patch = statusPatch("uid-1", creating, life.state.status);
  expect(patch?.["metadata"]).toEqual({ uid: "uid-1" });
  const status = patch?.["status"] as JsonObject;
  expect(Object.keys(status).sort()).toEqual([
    "conditions",
    "containerStatuses",
    "phase",
    "podIP",
    "podIPs",
  ]);
  expect(status["conditions"]).toContainEqual({
    type: "Ready",
    status: "True",
    lastTransitionTime: "2026-01-01T00:00:00Z",
    reason: null,
    message: null,
  });
});

test("the patches of a whole life add up to the status at its end", () => {
  const schema = schemaOf("", "v1", "Pod");
  if (schema === undefined) throw new Error("pods have a schema");
  const pod = testPod({ spec: { initContainers: [sidecar("mesh")] } });
  const life = live(testFacts(pod));
  let onServer = { status: { phase: "Pending", qosClass: "BestEffort" } } as JsonObject;
  let known = undefined as typeof life.state.status | undefined;
  for (const ms of [0, 500, 1_000, 1_200, 1_400]) {
    life.passTo(ms);
    if (ms === 1_000) life.see(deleted(pod));
    const patch = statusPatch("uid-1", known, life.state.status);
    known = life.state.status;
    if (patch !== undefined) onServer = applyStrategicMergePatch(onServer, patch, schema);
  }
  expect(life.state.kind).toBe("removing");
  expect(onServer["status"]).toEqual({ ...life.state.status, qosClass: "BestEffort" });
});
