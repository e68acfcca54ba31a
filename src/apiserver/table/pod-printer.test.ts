import { expect, test } from "vitest";
import type { JsonObject } from "../../k8s/json.ts";
import { podPrinter } from "./pod-printer.ts";

const nowMs = 1_767_225_600_000; // 2026-01-01T00:00:00Z
const running = { running: { startedAt: "2025-12-31T23:00:00Z" } };

interface Sample {
  readonly name: string;
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
  readonly status: JsonObject;
  readonly cells: readonly [ready: string, status: string, restarts: string];
}

const samples: readonly Sample[] = [
  {
    name: "an init container that failed",
    spec: { initContainers: [{ name: "i" }], containers: [{ name: "c" }] },
    status: {
      phase: "Failed",
      initContainerStatuses: [
        { name: "i", restartCount: 0, state: { terminated: { exitCode: 2, reason: "Error" } } },
      ],
    },
    cells: ["0/1", "Init:Error", "0"],
  },
  {
    name: "an init container that a signal ended",
    spec: { initContainers: [{ name: "i" }], containers: [{ name: "c" }] },
    status: {
      phase: "Pending",
      initContainerStatuses: [
        { name: "i", restartCount: 3, state: { terminated: { exitCode: 137, signal: 9 } } },
      ],
    },
    cells: ["0/1", "Init:Signal:9", "3"],
  },
  {
    name: "a sidecar that runs while the containers are created",
    spec: {
      initContainers: [{ name: "s", restartPolicy: "Always" }],
      containers: [{ name: "c" }],
    },
    status: {
      phase: "Pending",
      initContainerStatuses: [
        { name: "s", restartCount: 0, ready: true, started: true, state: running },
      ],
      containerStatuses: [
        { name: "c", restartCount: 0, state: { waiting: { reason: "PodInitializing" } } },
      ],
    },
    cells: ["1/2", "PodInitializing", "0"],
  },
  {
    name: "a container that has ended beside one that is not ready for traffic",
    spec: { containers: [{ name: "a" }, { name: "b" }] },
    status: {
      phase: "Running",
      containerStatuses: [
        { name: "a", restartCount: 0, state: { terminated: { exitCode: 0, reason: "Completed" } } },
        { name: "b", restartCount: 0, ready: true, state: running },
      ],
    },
    cells: ["1/2", "NotReady", "0"],
  },
  {
    name: "the first container's reason over that of the second",
    spec: { containers: [{ name: "a" }, { name: "b" }] },
    status: {
      phase: "Running",
      containerStatuses: [
        {
          name: "a",
          restartCount: 4,
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 1, finishedAt: "2025-12-31T23:55:00Z" } },
        },
        { name: "b", restartCount: 1, state: { waiting: { reason: "ImagePullBackOff" } } },
      ],
    },
    cells: ["0/2", "CrashLoopBackOff", "5 (5m ago)"],
  },
  {
    name: "a deleted pod on a node that is lost",
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
    spec: { containers: [{ name: "c" }] },
    status: { phase: "Running", reason: "NodeLost" },
    cells: ["0/1", "Unknown", "0"],
  },
  {
    name: "a deleted pod that has ended",
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
    spec: { containers: [{ name: "c" }] },
    status: { phase: "Succeeded" },
    cells: ["0/1", "Succeeded", "0"],
  },
];

test.each(samples)("prints $name", ({ metadata, spec, status, cells }) => {
  const pod = { metadata: { name: "p", ...metadata }, spec: spec ?? {}, status };
  expect(podPrinter.cells(pod, nowMs).slice(1, 4)).toEqual(cells);
});
