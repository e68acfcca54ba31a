import fc from "fast-check";
import { expect, test } from "vitest";
import { createManualClock } from "../base/manual-clock.ts";
import { type PodSketch, testPod } from "./cluster.fixture.ts";
import { createHeap } from "./heap.ts";
import { createPodInfo, type PodInfo } from "./pod-info.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";

function info(name: string, sketch?: PodSketch): PodInfo {
  return createPodInfo(testPod(name, sketch), () => undefined);
}

function openQueue() {
  const clock = createManualClock();
  const options = { backoffInitialMs: 1_000, backoffMaxMs: 10_000, onReady: () => {} };
  const queue = new SchedulingQueue(options, { clock });
  const pop = () => queue.pop()?.pod.metadata.name;
  return { clock, queue, pop };
}

const uid = (name: string): string => info(name).uid;

test("higher priorities come first, then who came first", () => {
  const { queue, pop } = openQueue();
  for (const [name, priority] of [
    ["a", 0],
    ["b", 5],
    ["c", 0],
    ["d", 5],
  ] as const) {
    queue.set(info(name, { priority }));
  }
  expect([pop(), pop(), pop(), pop(), pop()]).toEqual(["b", "d", "a", "c", undefined]);
});

test("a pod with scheduling gates waits until they are lifted", () => {
  const { queue, pop } = openQueue();
  queue.set(info("a", { schedulingGates: [{ name: "x" }] }));
  expect(pop()).toBeUndefined();
  expect(queue.pending.gated).toBe(1);
  queue.set(info("a", { schedulingGates: [] }));
  expect(pop()).toBe("a");
});

test("who found no node waits for what bears on it, and for its back-off", async () => {
  const { clock, queue, pop } = openQueue();
  queue.set(info("a"));
  pop();
  queue.waitForChange(uid("a"), new Set(["NodeResourcesFit"]));
  queue.wake(["InterPodAffinity"]);
  expect(queue.pending.unschedulable).toBe(1);
  queue.wake(["NodeResourcesFit"]);
  expect(queue.pending.backoff).toBe(1);
  await clock.advance(999);
  expect(pop()).toBeUndefined();
  await clock.advance(1);
  expect(pop()).toBe("a");
});

test("the back-off doubles up to its bound", async () => {
  const { clock, queue, pop } = openQueue();
  queue.set(info("a"));
  const waits: number[] = [];
  for (let attempt = 0; attempt < 6; attempt += 1) {
    expect(pop()).toBe("a");
    queue.retry(uid("a"));
    let waitedMs = 0;
    while (queue.pending.active === 0) {
      await clock.advance(500);
      waitedMs += 500;
    }
    waits.push(waitedMs);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test("nobody waits longer than five minutes for a change", async () => {
  const { clock, queue, pop } = openQueue();
  queue.set(info("a"));
  pop();
  queue.waitForChange(uid("a"), new Set());
  await clock.advance(299_999);
  expect(pop()).toBeUndefined();
  await clock.advance(1);
  expect(pop()).toBe("a");
});

test("a change of the pod itself is worth another try, its status is not", async () => {
  const { clock, queue, pop } = openQueue();
  queue.set(info("a", { requests: { cpu: "4" } }));
  pop();
  queue.waitForChange(uid("a"), new Set(["NodeResourcesFit"]));
  await clock.advance(2_000);
  queue.set(info("a", { requests: { cpu: "4" } }));
  expect(pop()).toBeUndefined();
  queue.set(info("a", { requests: { cpu: "1" } }));
  expect(pop()).toBe("a");
});

test("who is removed does not come back, wherever it stood", async () => {
  const { clock, queue, pop } = openQueue();
  for (const name of ["active", "backoff", "unschedulable"]) queue.set(info(name));
  queue.set(info("gated", { schedulingGates: [{ name: "x" }] }));
  pop();
  pop();
  pop();
  queue.retry(uid("backoff"));
  queue.waitForChange(uid("unschedulable"), new Set(["NodePorts"]));
  queue.done(uid("active"));
  queue.set(info("active"));
  for (const name of ["active", "backoff", "unschedulable", "gated"]) queue.remove(uid(name));
  queue.wake();
  await clock.advance(600_000);
  expect(pop()).toBeUndefined();
  expect(queue.pending).toEqual({ active: 0, backoff: 0, unschedulable: 0, gated: 0, inFlight: 0 });
});

test("a heap gives what it was given, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = createHeap<number>((left, right) => left < right);
      for (const number of numbers) heap.push(number);
      const popped = numbers.map(() => heap.pop());
      expect(popped).toEqual([...numbers].sort((left, right) => left - right));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
