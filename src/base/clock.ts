import { onAbort } from "./on-abort.ts";

/** A pending callback. */
export interface Timer {
  /** Stops it; harmless when it has run or was cancelled before. */
  cancel(): void;
}

/**
 * Time, as everything but `system-clock.ts` sees it: the same code runs on the wall clock against
 * a real cluster and on a manual clock in a test.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch: for what is written into objects. */
  nowMs(): number;
  /** Monotonic time in milliseconds, with fractions: for measuring how long something took. */
  monotonicMs(): number;
  /** Calls `callback` once, `delayMs` milliseconds from now or up to one timer tick later. */
  schedule(delayMs: number, callback: () => void): Timer;
  /** Resolves once the event loop has turned: timers, sockets and signals have had their chance. */
  turn(): Promise<void>;
}

/**
 * Resolves after `delayMs` milliseconds.
 *
 * @throws the reason of `signal`, as soon as it is aborted.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = clock.schedule(delayMs, () => {
      unlisten();
      resolve();
    });
    const unlisten = onAbort(signal, () => {
      timer.cancel();
      reject(signal?.reason);
    });
  });
}
