import { expect, test } from "vitest";
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal } from "./pods.ts";
import type { Pod } from "./types/core.ts";

const readySinceMs = 1_767_225_610_000; // 2026-01-01T00:00:10Z

function pod(status: Pod["status"], deletionTimestamp?: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "u",
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    spec: { containers: [{ name: "web", image: "nginx" }] },
    ...(status === undefined ? {} : { status }),
  };
}

const ready = pod({
  phase: "Running",
  conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:10Z" }],
});

test.each([
  { name: "just ready", minReadySeconds: 0, nowMs: readySinceMs, available: true },
  {
    name: "before minReadySeconds",
    minReadySeconds: 5,
    nowMs: readySinceMs + 4_999,
    available: false,
  },
  {
    name: "after minReadySeconds",
    minReadySeconds: 5,
    nowMs: readySinceMs + 5_000,
    available: true,
  },
])("available: $name", ({ minReadySeconds, nowMs, available }) => {
  expect(isPodReady(ready)).toBe(true);
  expect(isPodAvailable(ready, minReadySeconds, nowMs)).toBe(available);
});

test("a pod without conditions is neither ready nor available", () => {
  expect(isPodReady(pod({ phase: "Pending" }))).toBe(false);
  expect(isPodAvailable(pod(undefined), 0, readySinceMs)).toBe(false);
});

test.each([
  { name: "running", value: ready, active: true, terminal: false },
  { name: "succeeded", value: pod({ phase: "Succeeded" }), active: false, terminal: true },
  { name: "failed", value: pod({ phase: "Failed" }), active: false, terminal: true },
  {
    name: "terminating",
    value: pod({ phase: "Running" }, "2026-01-01T00:01:00Z"),
    active: false,
    terminal: false,
  },
])("$name", ({ value, active, terminal }) => {
  expect(isPodActive(value)).toBe(active);
  expect(isPodTerminal(value)).toBe(terminal);
});
