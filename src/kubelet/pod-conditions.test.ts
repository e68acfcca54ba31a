import { expect, test } from "vitest";
import type { PodStatus } from "../k8s/types/core.ts";
import { container, live, sidecar, testFacts, testPod, testPodHabits } from "./pod.fixture.ts";
import { podConditions } from "./pod-conditions.ts";

/** `Type=Status reason message`, by type. */
function said(status: PodStatus): Readonly<Record<string, string>> {
  const entries = (status.conditions ?? []).map(({ type, status: value, reason, message }) => [
    type,
    [value, reason, message].filter((word) => word !== undefined).join(" "),
  ]);
  return Object.fromEntries(entries);
}

test("a pod whose containers are being made", () => {
  const life = live(testFacts(testPod({ spec: { containers: [container("a"), container("b")] } })));
  expect(said(life.state.status)).toEqual({
    PodReadyToStartContainers: "False",
    Initialized: "True",
    Ready: "False ContainersNotReady containers with unready status: [a b]",
    ContainersReady: "False ContainersNotReady containers with unready status: [a b]",
    PodScheduled: "True",
  });
});

test("a pod that initializes", () => {
  const spec = { initContainers: [container("one"), sidecar("mesh"), container("two")] };
  const life = live(testFacts(testPod({ spec })));
  life.passTo(900);
  expect(said(life.state.status)).toEqual({
    PodReadyToStartContainers: "True",
    Initialized: "False ContainersNotInitialized containers with incomplete status: [two]",
    Ready: "False ContainersNotReady containers with unready status: [main]",
    ContainersReady: "False ContainersNotReady containers with unready status: [main]",
    PodScheduled: "True",
  });
});

test.each([
  { exitCode: 0, reason: "PodCompleted", initialized: "True PodCompleted" },
  { exitCode: 1, reason: "PodFailed", initialized: "True" },
])("a pod that has ended with $exitCode", ({ exitCode, reason, initialized }) => {
  const run = { kind: "ends", afterMs: 100, exitCode } as const;
  const life = live(testFacts(testPod({ spec: { restartPolicy: "Never" } }), { run }));
  life.passTo(2_000);
  expect(said(life.state.status)).toEqual({
    PodReadyToStartContainers: "False",
    Initialized: initialized,
    Ready: `False ${reason}`,
    ContainersReady: `False ${reason}`,
    PodScheduled: "True",
  });
});

test.each([
  {
    name: "missing",
    status: undefined,
    reason: 'corresponding condition of pod readiness gate "lb" does not exist.',
  },
  {
    name: "False",
    status: "False" as const,
    reason: 'the status of pod readiness gate "lb" is not "True", but False',
  },
])("a readiness gate that is $name keeps the pod from being ready", ({ status, reason }) => {
  const spec = { readinessGates: [{ conditionType: "lb" }] };
  const conditions = status === undefined ? [] : [{ type: "lb", status }];
  const life = live(testFacts(testPod({ spec })));
  life.passTo(1_000);
  life.see(testPod({ spec, status: { conditions } }));
  expect(said(life.state.status)).toMatchObject({
    ContainersReady: "True",
    Ready: `False ReadinessGatesNotReady ${reason}`,
  });
  life.see(testPod({ spec, status: { conditions: [{ type: "lb", status: "True" }] } }));
  expect(said(life.state.status)).toMatchObject({ Ready: "True" });
});

test("a condition that says the same is the same object, and keeps its time", () => {
  const pod = testPod();
  const status: PodStatus = { phase: "Pending", containerStatuses: [] };
  const first = podConditions(pod, status, undefined, testPodHabits, false, 0);
  const second = podConditions(pod, status, first, testPodHabits, false, 60_000);
  expect(second.every((condition, index) => condition === first[index])).toBe(true);
  const third = podConditions(pod, status, first, testPodHabits, true, 60_000);
  expect(third[0]).toMatchObject({ status: "True", lastTransitionTime: "1970-01-01T00:01:00Z" });
});

test("conditions name the generation they speak of, where the server counts generations", () => {
  const life = live(testFacts(testPod({ metadata: { generation: 3 } })));
  life.passTo(1_000);
  life.see(testPod({ metadata: { generation: 4 } }));
  expect(life.state.status.observedGeneration).toBe(4);
  const ready = life.state.status.conditions?.find(({ type }) => type === "Ready");
  expect(ready?.observedGeneration).toBe(4);
});
