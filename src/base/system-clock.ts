import type { Clock } from "./clock.ts";
import { createTimerWheel } from "./timer-wheel.ts";

export interface SystemClockOptions {
  /** Length of a timer tick in milliseconds: timers that end within one run together. Default 10. */
  readonly tickMs?: number;
}

/** What `setTimeout` takes at most. */
const longestTimeoutMs = 2 ** 31 - 1;

/**
 * The clock of the machine. All timers share one timer of the operating system under a wheel, and
 * those of one tick run in one turn of the event loop: what they write leaves in one piece, which
 * saves more at a low rate of requests than anything else does. A pending timer keeps the process
 * alive, as one of `setTimeout` does.
 */
export function createSystemClock({ tickMs = 10 }: SystemClockOptions = {}): Clock {
  const startedMs = performance.now();
  let armed: NodeJS.Timeout | undefined;
  let armedTick = Number.POSITIVE_INFINITY;
  const wheel = createTimerWheel(0, disarm);

  function sinceStartMs(): number {
    return performance.now() - startedMs;
  }

  function disarm(): void {
    clearTimeout(armed);
    armedTick = Number.POSITIVE_INFINITY;
  }

  function arm(): void {
    const next = wheel.nextTick();
    if (next === undefined || next >= armedTick) return;
    clearTimeout(armed);
    armedTick = next;
    const delayMs = Math.ceil(next * tickMs - sinceStartMs());
    armed = setTimeout(turn, Math.min(Math.max(delayMs, 1), longestTimeoutMs));
  }

  function turn(): void {
    armedTick = Number.POSITIVE_INFINITY;
    try {
      wheel.advance(Math.floor(sinceStartMs() / tickMs));
    } finally {
      arm();
    }
  }

  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    schedule(delayMs, callback) {
      const nowMs = sinceStartMs();
      // An empty wheel has stood still.
      if (wheel.size === 0) wheel.advance(Math.floor(nowMs / tickMs));
      const dueTick = Math.ceil((nowMs + Math.max(0, delayMs)) / tickMs);
      const timer = wheel.schedule(dueTick, callback);
      if (dueTick < armedTick) arm();
      return timer;
    },
  };
}
