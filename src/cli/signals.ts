import { constants } from "node:os";
import type { Clock } from "../base/clock.ts";

const stopSignals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** A signal that the process was asked to stop by. */
export class StopRequest extends Error {
  override readonly name = "StopRequest";
  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
  }
}

/** One Ctrl-C may come twice: from the terminal, and passed on by npm. */
const sameRequestMs = 500;

/**
 * Aborts with a `StopRequest` at the first SIGINT, SIGTERM or SIGHUP. A later one calls `exit`,
 * with the code that shells give to a process which a signal has ended.
 */
export function stopOnSignals(clock: Clock, exit: (code: number) => void): AbortSignal {
  const controller = new AbortController();
  let firstMs: number | undefined;
  for (const signal of stopSignals) {
    process.on(signal, () => {
      firstMs ??= clock.monotonicMs();
      if (!controller.signal.aborted) controller.abort(new StopRequest(signal));
      else if (clock.monotonicMs() - firstMs >= sameRequestMs) {
        exit(128 + constants.signals[signal]);
      }
    });
  }
  return controller.signal;
}
