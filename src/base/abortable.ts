import { onAbort } from "./on-abort.ts";

/**
 * What `promise` gives, unless `signal` is aborted before: then it rejects with the reason at once.
 * The work behind the promise goes on.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const unlisten = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(unlisten);
  });
}
