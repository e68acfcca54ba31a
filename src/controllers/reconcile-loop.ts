import type { Env } from "../base/env.ts";
import { onAbort } from "../base/on-abort.ts";
import { createWorkQueue } from "../base/work-queue.ts";
import { isApiError } from "../k8s/status.ts";
import { isNamespaceTerminating } from "./pod-control.ts";

/** client-go goes up to 1,000 s; after an outage of the API server that is too long to wait. */
const retryMaxMs = 30_000;

export interface ReconcileOptions {
  /** The controller's name, in logs and metrics. */
  readonly name: string;
  /** How many keys are worked on at the same time. */
  readonly workers: number;
  /** The work starts when these have resolved: the informers that `reconcile` reads. */
  readonly after: readonly Promise<void>[];
  /** Stops the loop. */
  readonly signal: AbortSignal;
  /**
   * Brings the world nearer to what the object of that key asks for. Never called twice at a time
   * for one key. A number is the milliseconds until it wants to be called again. When it throws,
   * the key is tried again after a growing pause.
   */
  reconcile(key: string): Promise<number | undefined>;
}

/** A queue of keys and the workers that empty it: the frame of every controller. */
export interface ReconcileLoop {
  /** Asks for a reconciliation of `key`; many asked before it starts make one. */
  add(key: string): void;
  /** Asks for one after `delayMs`; the earliest of those asked counts. */
  addAfter(key: string, delayMs: number): void;
  /** Resolves when the signal was given and the last worker has stopped. */
  readonly stopped: Promise<void>;
}

/** Starts the workers of one controller. They run until `signal` is aborted. */
export function startReconcileLoop(
  options: ReconcileOptions,
  env: Pick<Env, "clock" | "random" | "log" | "metrics">,
): ReconcileLoop {
  const { name, workers, signal } = options;
  const log = env.log.child({ controller: name });
  const retryJitter = env.random.stream(`retries/${name}`);
  const queue = createWorkQueue<string>({ retryMaxMs, retryJitter }, env);
  const errors = env.metrics.counter(
    "hollowmark_controller_errors_total",
    "Reconciliations that failed and were tried again.",
    ["controller"],
  );

  const reconcileOnce = async (key: string): Promise<void> => {
    try {
      const againAfterMs = await options.reconcile(key);
      queue.forget(key);
      if (againAfterMs !== undefined) queue.addAfter(key, againAfterMs);
    } catch (error) {
      if (signal.aborted) return;
      // A conflict only says that the cache was behind, and in a namespace on its way out the object
      // that asks will soon be gone: neither is trouble.
      if (isApiError(error, "Conflict") || isNamespaceTerminating(error)) {
        log.debug("A reconciliation came too late; trying again", { key, error });
      } else {
        errors.inc(1, { controller: name });
        log.warn("A reconciliation failed; trying again", { key, error });
      }
      queue.addRateLimited(key);
    } finally {
      queue.done(key);
    }
  };
  const work = async (): Promise<void> => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      await reconcileOnce(key);
    }
  };
  const run = async (): Promise<void> => {
    try {
      await Promise.all(options.after);
    } catch {
      return; // An informer was disposed before its first list: there is nothing left to do.
    }
    await Promise.all(Array.from({ length: workers }, work));
  };

  const stop = (): void => queue.shutDown();
  if (signal.aborted) stop();
  else onAbort(signal, stop);
  return {
    add: (key) => queue.add(key),
    addAfter: (key, delayMs) => queue.addAfter(key, delayMs),
    stopped: run(),
  };
}
