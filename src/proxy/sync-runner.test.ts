import { expect, test } from "vitest";
import { createManualClock } from "../base/manual-clock.ts";
import { SyncRunner } from "./sync-runner.ts";

/** Asks at these milliseconds. @returns when it ran. */
async function runsOf(minSyncPeriodSeconds: number, syncBurst: number, askedMs: readonly number[]) {
  const clock = createManualClock();
  const ranMs: number[] = [];
  const options = { minSyncPeriodSeconds, syncBurst };
  const runner = new SyncRunner(options, clock, () => ranMs.push(clock.monotonicMs()));
  for (const atMs of askedMs) clock.schedule(atMs, () => runner.run());
  await clock.advance(10_000);
  return ranMs;
}

test.each([
  { name: "at once without a period", period: 0, burst: 1, asked: [0, 1, 1, 2], runs: [0, 1, 2] },
  { name: "once for what comes together", period: 1, burst: 1, asked: [0, 0, 0], runs: [0] },
  { name: "a second after the last", period: 1, burst: 1, asked: [0, 10, 20], runs: [0, 1_000] },
  {
    name: "twice in a row up to 1.33",
    period: 1,
    burst: 2,
    asked: [0, 10, 20],
    runs: [0, 10, 1_010],
  },
  { name: "at once after a rest", period: 1, burst: 1, asked: [0, 3_000], runs: [0, 3_000] },
])("a sync runs $name", async ({ period, burst, asked, runs }) => {
  expect(await runsOf(period, burst, asked)).toEqual(runs);
});

test("a sync that waits does not run once it is stopped", async () => {
  const clock = createManualClock();
  let runs = 0;
  const runner = new SyncRunner({ minSyncPeriodSeconds: 1, syncBurst: 1 }, clock, () => {
    runs += 1;
  });
  runner.run();
  await clock.advance(10);
  runner.run();
  await clock.advance(10);
  runner.stop();
  await clock.advance(5_000);
  expect(runs).toBe(1);
});
