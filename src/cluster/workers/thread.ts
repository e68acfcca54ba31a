import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";

/** A worker thread, as it is seen from the main one. */
export interface Thread {
  send(message: ToWorker): void;
  /** Ends it wherever it is. Resolves when it is gone. */
  terminate(): Promise<void>;
}

export interface ThreadHandler {
  received(message: FromWorker): void;
  /** It runs no more; `why` is what it did not catch, or how it exited. */
  ended(why: string): void;
}

export type StartThread = (setup: WorkerSetup, handler: ThreadHandler) => Thread;

/** A thread of Node's that runs `shard-worker.ts`. */
export const startThread: StartThread = (workerData, handler) => {
  const { index } = workerData.shard;
  // What is compiled lies beside this file under that name.
  const file = new URL("./shard-worker.js", import.meta.url);
  const worker = new Worker(file, { workerData, name: `nodes-${index + 1}` });
  worker.on("message", (message: FromWorker) => handler.received(message));
  worker.on("messageerror", (error) => handler.ended(error.message));
  worker.on("error", (error: unknown) => {
    handler.ended(error instanceof Error ? error.message : String(error));
  });
  worker.on("exit", (code) => handler.ended(`exit code ${code}`));
  return {
    send: (message) => worker.postMessage(message),
    async terminate() {
      await worker.terminate();
    },
  };
};
