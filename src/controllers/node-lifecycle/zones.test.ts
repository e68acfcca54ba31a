import { expect, test } from "vitest";
import { resolveControllerOptions } from "../controller-options.ts";
import { createDisruptionState } from "./disruption-state.ts";
import { createEvictionQueue, evictionRate, zoneState } from "./zones.ts";

const options = resolveControllerOptions({}).nodeLifecycle;

test.each([
  { ready: 0, notReady: 0, state: "normal" },
  { ready: 0, notReady: 1, state: "fullDisruption" },
  { ready: 1, notReady: 2, state: "normal" },
  { ready: 2, notReady: 3, state: "partialDisruption" },
  { ready: 46, notReady: 54, state: "normal" },
  { ready: 45, notReady: 55, state: "partialDisruption" },
])("a zone with $ready ready and $notReady not is $state", ({ state, ...counts }) => {
  expect(zoneState(counts, 0.55)).toBe(state);
});

test.each([
  { state: "normal", size: 10, rate: 0.1 },
  { state: "fullDisruption", size: 10, rate: 0.1 },
  { state: "partialDisruption", size: 50, rate: 0 },
  { state: "partialDisruption", size: 51, rate: 0.01 },
] as const)("a $state zone of $size nodes evicts $rate a second", ({ state, size, rate }) => {
  expect(evictionRate(state, size, options)).toBe(rate);
});

test("nodes are taken one after the other, as the rate allows", () => {
  const queue = createEvictionQueue(0.1);
  for (const node of ["a", "b", "c"]) queue.add(node);
  queue.remove("b");
  expect(queue.nextDue(0)).toBe("a");
  queue.take("a", 0);
  expect(queue.nextDueMs()).toBe(10_000);
  expect(queue.nextDue(9_999)).toBeUndefined();
  expect(queue.nextDue(10_000)).toBe("c");
  queue.take("c", 10_000);
  expect(queue.nextDueMs()).toBeUndefined();
});

test("a rate of zero holds all back, and a new rate lets them go on", () => {
  const queue = createEvictionQueue(0);
  queue.add("a");
  expect(queue.nextDue(1_000_000)).toBeUndefined();
  queue.setRate(1, 1_000_000);
  expect(queue.nextDue(1_000_000)).toBe("a");
});

test("only when every zone is lost do evictions stop", () => {
  const zones = createDisruptionState(options);
  const healthy = { ready: 3, notReady: 0 };
  const lost = { ready: 0, notReady: 3 };
  const update = (east: typeof healthy, west: typeof healthy) =>
    zones.update(new Map(Object.entries({ east, west })), 0);
  expect(update(healthy, healthy)).toBe("none");
  zones.queueOf("east").add("a");
  expect(update(lost, healthy)).toBe("none");
  expect(zones.queueOf("east").nextDueMs()).toBeDefined();
  expect(update(lost, lost)).toBe("all zones lost");
  expect(zones.queueOf("east").nextDueMs()).toBeUndefined();
  expect(update(lost, lost)).toBe("none");
  expect(update(healthy, lost)).toBe("recovered");
  expect(zones.queueOf("east").nextDueMs()).toBeDefined();
});
