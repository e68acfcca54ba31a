import { setMaxListeners } from "node:events";

/**
 * Calls `listener` when `signal` is aborted; not for one that has been already. Returns what takes it
 * back. Thousands may listen to one signal, which Node would else take for a leak and say so.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing;
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

const nothing = (): void => {};
