import { expect, test, vi } from "vitest";
import { sleep } from "./clock.ts";
import { createSystemClock } from "./system-clock.ts";

test("timers run in the order of their ends, none too early", async () => {
  const clock = createSystemClock({ tickMs: 5 });
  const startMs = clock.monotonicMs();
  const ended: { readonly delayMs: number; readonly afterMs: number }[] = [];
  await Promise.all(
    [40, 5, 20, 0].map(async (delayMs) => {
      await sleep(clock, delayMs);
      ended.push({ delayMs, afterMs: clock.monotonicMs() - startMs });
    }),
  );
  expect(ended.map(({ delayMs }) => delayMs)).toEqual([0, 5, 20, 40]);
  for (const { delayMs, afterMs } of ended) expect(afterMs).toBeGreaterThanOrEqual(delayMs);
});

test("timers that end in one tick run in one turn of the event loop", async () => {
  const clock = createSystemClock({ tickMs: 20 });
  let turns = 0;
  let ran = 0;
  await new Promise<void>((resolve) => {
    const callback = (): void => {
      ran += 1;
      if (ran === 100) resolve();
      // The first of a turn counts it; the count closes when the turn is over.
      if (turns === 0) {
        turns = 1;
        setImmediate(() => {
          turns += ran < 100 ? 1 : 0;
        });
      }
    };
    for (let index = 0; index < 100; index += 1) clock.schedule(1, callback);
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(turns).toBe(1);
});

test("an earlier timer is not held up by a later one, and a cancelled one does not run", async () => {
  const clock = createSystemClock({ tickMs: 5 });
  const late = clock.schedule(60_000, () => expect.unreachable("it was cancelled"));
  const startMs = clock.monotonicMs();
  await sleep(clock, 10);
  expect(clock.monotonicMs() - startMs).toBeLessThan(30_000);
  late.cancel();
});

test("a clock with nothing pending holds no timer of the process", () => {
  const setTimeoutSpy = vi.spyOn(globalThis, "setTimeout");
  const clearTimeoutSpy = vi.spyOn(globalThis, "clearTimeout");
  try {
    const timer = createSystemClock().schedule(1_000_000, () => {});
    const armed = setTimeoutSpy.mock.results[0]?.value;
    expect(armed).toBeDefined();
    timer.cancel();
    expect(clearTimeoutSpy).toHaveBeenLastCalledWith(armed);
  } finally {
    setTimeoutSpy.mockRestore();
    clearTimeoutSpy.mockRestore();
  }
});
