import { expect, test } from "vitest";
import { createManualClock } from "./manual-clock.ts";
import { createSharedTimeouts } from "./shared-timeouts.ts";

const options = { timeoutMs: 1_000, sharedForMs: 50 };

test("a signal is aborted after its time, and no sooner than what it is shared for allows", async () => {
  const clock = createManualClock();
  const timeouts = createSharedTimeouts(options, clock);
  const first = timeouts.begin();
  await clock.advance(49);
  expect(timeouts.begin().signal).toBe(first.signal);
  await clock.advance(1);
  const third = timeouts.begin();
  expect(third.signal).not.toBe(first.signal);
  await clock.advance(950);
  expect([first.signal.aborted, third.signal.aborted]).toEqual([true, false]);
  await clock.advance(50);
  expect(third.signal.aborted).toBe(true);
});

test("a signal that all its users have released is not aborted, nor used again", async () => {
  const clock = createManualClock();
  const timeouts = createSharedTimeouts(options, clock);
  const [first, second] = [timeouts.begin(), timeouts.begin()];
  first.release();
  second.release();
  const next = timeouts.begin();
  expect(next.signal).not.toBe(first.signal);
  next.release();
  await clock.advance(5_000);
  expect([first.signal.aborted, next.signal.aborted]).toEqual([false, false]);
});

test("a signal ends for who still uses it when others have released it", async () => {
  const clock = createManualClock();
  const timeouts = createSharedTimeouts(options, clock);
  const [first, second] = [timeouts.begin(), timeouts.begin()];
  first.release();
  await clock.advance(1_000);
  expect(second.signal.aborted).toBe(true);
});

test("all that are in use can be aborted at once", async () => {
  const clock = createManualClock();
  const timeouts = createSharedTimeouts(options, clock);
  const first = timeouts.begin();
  await clock.advance(100);
  const second = timeouts.begin();
  timeouts.abortAll();
  expect([first.signal.aborted, second.signal.aborted]).toEqual([true, true]);
});
