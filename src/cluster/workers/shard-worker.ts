import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import { startShardRun } from "./shard-run.ts";

// The entry of a worker thread (`thread.ts`).
const port = parentPort;
assert(port !== null, "this file runs in a worker thread");
const setup: WorkerSetup = workerData;
const run = startShardRun(setup, (message: FromWorker) => port.postMessage(message));
port.on("message", (message: ToWorker) => run.receive(message));
