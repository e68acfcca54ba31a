import { sleep } from "../../base/clock.ts";
import type { Env } from "../../base/env.ts";
import { silentMetrics } from "../../base/metrics.ts";
import { createMetricsRegistry, type MetricsRegistry } from "../../base/metrics-registry.ts";
import { loadKubeconfig } from "../../client/index.ts";
import { type FleetStatus, type RunningFleet, startShard } from "../../fleet/index.ts";
import { watchThread } from "../../measure/index.ts";
import { openConnections } from "../connections.ts";
import { openNodeLogs } from "../node-logs.ts";
import { createSystemEnv } from "../system-env.ts";
import { createLogRelay, type LogRelay } from "./log-relay.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";

/** The nodes of one shard, as a worker has them. */
export interface ShardRun {
  receive(message: ToWorker): void;
}

type Send = (message: FromWorker) => void;

/** Ten reports a second while nodes come up; later there is time. */
const reportEveryMs = 100;
const reportWhenReadyEveryMs = 1_000;

/** Starts the nodes of a shard. What becomes of them is told by messages alone. */
export function startShardRun(setup: WorkerSetup, send: Send): ShardRun {
  const relay = createLogRelay(setup.logLevel);
  const registry = setup.metrics ? openRegistry(setup) : undefined;
  const metrics = registry ?? silentMetrics;
  const env = createSystemEnv({ seed: setup.seed, log: relay.log, metrics });
  const reporter = new Reporter(relay, send);
  const stop = new AbortController();
  void run(setup, reporter, send, env, stop.signal)
    .then((): FromWorker => ({ kind: "closed" }))
    .catch((error: unknown): FromWorker => {
      if (stop.signal.aborted) return { kind: "closed" };
      return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
    })
    .then((last) => {
      reporter.report(undefined);
      send(last);
    });
  return {
    receive({ kind }) {
      if (kind === "close") stop.abort(new Error("the worker was closed"));
      else send({ kind: "metrics", families: registry?.families() ?? [] });
    },
  };
}

/** What can not be added up, since each thread has its own, is labelled. */
function openRegistry({ shard }: WorkerSetup): MetricsRegistry {
  const registry = createMetricsRegistry();
  const thread = watchThread({ worker: String(shard.index + 1) });
  registry.addCollector(() => thread.collect());
  return registry;
}

async function run(
  setup: WorkerSetup,
  reporter: Reporter,
  send: Send,
  env: Env,
  stop: AbortSignal,
): Promise<void> {
  const { fleet, shard, logFiles } = setup;
  const connection = await loadKubeconfig(setup.kubeconfig, env);
  await using connections = openConnections(connection, setup.network, env);
  await using nodeLogs =
    logFiles === undefined ? undefined : await openNodeLogs(logFiles, "logFiles", env);
  const clients = {
    client: connections.connect("kubelet"),
    nodes: connections.nodeAccess(setup.access),
  };
  const options = { ...fleet, ...(nodeLogs === undefined ? {} : { nodeLogs }) };
  const nodes = await startShard(options, shard, clients, env, stop);
  try {
    send({ kind: "started" });
    await reportUntil(stop, nodes, reporter, env);
  } finally {
    await nodes.close();
  }
}

async function reportUntil(
  stop: AbortSignal,
  nodes: RunningFleet,
  reporter: Reporter,
  { clock }: Env,
): Promise<void> {
  while (!stop.aborted) {
    const status = nodes.status();
    reporter.report(status);
    const { ready, wanted } = status.nodes;
    const everyMs = ready === wanted ? reportWhenReadyEveryMs : reportEveryMs;
    await sleep(clock, everyMs, stop).catch(() => {});
  }
}

/** Tells what is new. */
class Reporter {
  readonly #relay: LogRelay;
  readonly #send: Send;
  #told = "";

  constructor(relay: LogRelay, send: Send) {
    this.#relay = relay;
    this.#send = send;
  }

  report(status: FleetStatus | undefined): void {
    const text = status === undefined ? this.#told : JSON.stringify(status);
    const isNew = text !== this.#told;
    this.#told = text;
    const records = this.#relay.take();
    if (!isNew && records.length === 0) return;
    this.#send({ kind: "report", report: { status: isNew ? status : undefined, records } });
  }
}
