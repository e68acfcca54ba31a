import { setMaxListeners } from "node:events";

/**
 * Calls `listener` when `signal` is aborted; not for one that has been already. Returns what takes it
 * back. Thousands may listen to one signal, which Node would else take for a leak and say so.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing;
  if (!unlimited.has(signal)) {
    setMaxListeners(0, signal);
    unlimited.add(signal);
  }
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

const unlimited = new WeakSet<AbortSignal>();

const nothing = (): void => {};
