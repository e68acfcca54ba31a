import fc from "fast-check";
import { expect, test } from "vitest";
import { sleep } from "./clock.ts";
import { createManualClock } from "./manual-clock.ts";

test("time stands still until it is advanced", async () => {
  const clock = createManualClock(1_000);
  expect(clock.nowMs()).toBe(1_000);
  await clock.advance(250);
  expect(clock.nowMs()).toBe(1_250);
  expect(clock.monotonicMs()).toBe(250);
});

test("timers run in order, each at its time, with those that they set", async () => {
  const clock = createManualClock();
  const ran: string[] = [];
  clock.schedule(20, () => ran.push(`b at ${clock.monotonicMs()}`));
  clock.schedule(10, () => {
    ran.push(`a at ${clock.monotonicMs()}`);
    clock.schedule(5, () => ran.push(`c at ${clock.monotonicMs()}`));
  });
  clock.schedule(10, () => expect.unreachable("it was cancelled")).cancel();
  await clock.advance(19);
  expect(ran).toEqual(["a at 10", "c at 15"]);
  await clock.advance(1);
  expect(ran).toEqual(["a at 10", "c at 15", "b at 20"]);
});

test("what waits on promises between two sleeps goes on within one advance", async () => {
  const clock = createManualClock();
  const seenMs: number[] = [];
  const worker = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      for (let hop = 0; hop < 50; hop += 1) await Promise.resolve();
      await sleep(clock, 100);
      seenMs.push(clock.monotonicMs());
    }
  };
  const done = worker();
  await clock.advance(1_000);
  expect(seenMs).toEqual([100, 200, 300]);
  await done;
});

test("a sleep ends at once when its signal is aborted", async () => {
  const clock = createManualClock();
  const stop = new AbortController();
  const slept = sleep(clock, 60_000, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(slept).rejects.toThrow("stopped");
  await expect(sleep(clock, 1, stop.signal)).rejects.toThrow("stopped");
});

test("any timers run sorted by time, then by age", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 40 }), async (delays) => {
      const clock = createManualClock();
      const ran: [number, number][] = [];
      for (const [age, delayMs] of delays.entries()) {
        clock.schedule(delayMs, () => ran.push([delayMs, age]));
      }
      await clock.advance(20);
      const sorted = delays
        .map((delayMs, age): [number, number] => [delayMs, age])
        .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      expect(ran).toEqual(sorted);
    }),
    { numRuns: 50 },
  );
});
