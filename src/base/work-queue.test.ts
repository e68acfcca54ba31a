import fc from "fast-check";
import { expect, test } from "vitest";
import { createTestEnv } from "./test-env.ts";
import { createWorkQueue, type WorkQueue } from "./work-queue.ts";

test("items are handed out in the order in which they were added, each once", async () => {
  const queue = createWorkQueue({}, createTestEnv());
  for (const key of ["a", "b", "a", "c"]) queue.add(key);
  expect(queue.size).toBe(3);
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(["a", "b", "c"]);
  expect(queue.size).toBe(0);
});

test("an item that is added while it is worked on is handed out again after it is done", async () => {
  const queue = createWorkQueue({}, createTestEnv());
  queue.add("a");
  await queue.take();
  queue.add("a");
  queue.add("a");
  expect(queue.size).toBe(0);
  queue.done("a");
  expect(queue.size).toBe(1);
  expect(await queue.take()).toBe("a");
  queue.done("a");
  expect(queue.size).toBe(0);
});

test("who waits first is served first", async () => {
  const queue = createWorkQueue({}, createTestEnv());
  const takes = [queue.take(), queue.take()];
  queue.add("a");
  queue.add("b");
  expect(await Promise.all(takes)).toEqual(["a", "b"]);
});

test("of two delays of an item the earlier one holds", async () => {
  const { clock } = createTestEnv();
  const queue = createWorkQueue({}, { clock });
  queue.addAfter("a", 300);
  queue.addAfter("a", 100);
  queue.addAfter("a", 200);
  await clock.advance(99);
  expect(queue.size).toBe(0);
  await clock.advance(1);
  expect(await queue.take()).toBe("a");
  queue.done("a");
  await clock.advance(1_000);
  expect(queue.size).toBe(0);
});

test("retries are further and further apart, up to the longest delay, until the item is forgotten", async () => {
  const { clock } = createTestEnv();
  const queue = createWorkQueue({ retryInitialMs: 5, retryMaxMs: 15 }, { clock });
  const delayOfRetryMs = async (): Promise<number> => {
    const startMs = clock.monotonicMs();
    queue.addRateLimited("a");
    while (queue.size === 0) await clock.advance(1);
    await queue.take();
    queue.done("a");
    return clock.monotonicMs() - startMs;
  };
  expect(await delayOfRetryMs()).toBe(5);
  expect(await delayOfRetryMs()).toBe(10);
  expect(await delayOfRetryMs()).toBe(15);
  expect(await delayOfRetryMs()).toBe(15);
  expect(queue.retries("a")).toBe(4);
  queue.forget("a");
  expect(queue.retries("a")).toBe(0);
  expect(await delayOfRetryMs()).toBe(5);
});

test("jitter lengthens a retry by up to its own delay, the longest one too", async () => {
  const { clock } = createTestEnv();
  const retryJitter = { next: () => 0.5 };
  const queue = createWorkQueue({ retryInitialMs: 10, retryMaxMs: 20, retryJitter }, { clock });
  for (const delayMs of [15, 30, 30]) {
    queue.addRateLimited("a");
    await clock.advance(delayMs - 1);
    expect(queue.size).toBe(0);
    await clock.advance(1);
    expect(queue.size).toBe(1);
    await queue.take();
    queue.done("a");
  }
});

test("a queue that is shut down hands out nothing and leaves no timer", async () => {
  const { clock } = createTestEnv();
  const queue = createWorkQueue({}, { clock });
  const waiting = queue.take();
  queue.addAfter("late", 100);
  queue.shutDown();
  queue.add("a");
  expect(await waiting).toBeUndefined();
  expect(await queue.take()).toBeUndefined();
  await clock.advance(200);
  expect(queue.size).toBe(0);
});

test("whatever happens, no item is lost and none is worked on twice at a time", async () => {
  const key = fc.constantFrom("a", "b", "c", "d");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), key }),
    fc.record({ kind: fc.constant("take" as const) }),
    fc.record({ kind: fc.constant("done" as const), key }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const queue: WorkQueue<string> = createWorkQueue({}, createTestEnv());
      const working = new Set<string>();
      /** Added, and not handed out since. */
      const owed = new Set<string>();
      const takeOne = async (): Promise<void> => {
        const taken = await queue.take();
        if (taken === undefined) return;
        expect(working.has(taken)).toBe(false);
        expect(owed.delete(taken)).toBe(true);
        working.add(taken);
      };
      for (const step of steps) {
        if (step.kind === "add") {
          queue.add(step.key);
          owed.add(step.key);
        } else if (step.kind === "take" && queue.size > 0) {
          await takeOne();
        } else if (step.kind === "done" && working.delete(step.key)) {
          queue.done(step.key);
        }
      }
      for (const key of working) queue.done(key);
      working.clear();
      while (queue.size > 0) await takeOne();
      expect([...owed]).toEqual([]);
    }),
  );
});
