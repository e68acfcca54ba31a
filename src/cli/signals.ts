const stopSignals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** A signal that the process was asked to stop by. */
export class StopRequest extends Error {
  override readonly name = "StopRequest";
}

/**
 * Aborts with a `StopRequest` at the first SIGINT, SIGTERM or SIGHUP. A second one ends the
 * process at once, as it would have without us.
 */
export function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of stopSignals) {
    process.once(signal, () => controller.abort(new StopRequest(signal)));
  }
  return controller.signal;
}
