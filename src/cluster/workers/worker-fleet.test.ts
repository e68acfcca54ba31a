import { describe, expect, test } from "vitest";
import type { ManualClock } from "../../base/manual-clock.ts";
import type { MetricFamily } from "../../base/metric-series.ts";
import { type Metrics, silentMetrics } from "../../base/metrics.ts";
import { createMetricsRegistry } from "../../base/metrics-registry.ts";
import { createTestEnv } from "../../base/test-env.ts";
import { emptyStatus, type FleetStatus } from "../../fleet/index.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import type { StartThread, ThreadHandler } from "./thread.ts";
import { startWorkerFleet, type WorkerFleet } from "./worker-fleet.ts";

/** A thread that does what the test says. */
class ScriptedThread {
  readonly setup: WorkerSetup;
  readonly received: ToWorker["kind"][] = [];
  isTerminated = false;
  readonly #handler: ThreadHandler;
  /** How it answers `close`: by itself, unless it hangs. */
  hangs = false;

  constructor(setup: WorkerSetup, handler: ThreadHandler) {
    this.setup = setup;
    this.#handler = handler;
  }

  says(message: FromWorker): void {
    this.#handler.received(structuredClone(message));
  }

  reports(status: FleetStatus): void {
    this.says({ kind: "report", report: { status, records: [] } });
  }

  dies(why: string): void {
    this.#handler.ended(why);
    this.#handler.ended("exit code 1");
  }

  send(message: ToWorker): void {
    this.received.push(message.kind);
    if (message.kind === "close" && !this.hangs) this.says({ kind: "closed" });
  }

  async terminate(): Promise<void> {
    this.isTerminated = true;
  }
}

const options = {
  workers: 2,
  nodes: 5,
  kubeconfig: { path: "config" },
  fleet: { groups: [{ count: 5 }], kubeletVersion: "v1.34.4" },
  access: { connections: "per-node", identity: "kubeconfig" },
  network: {},
  logFiles: undefined,
} as const;

interface Begun {
  readonly clock: ManualClock;
  readonly threads: readonly ScriptedThread[];
  readonly fleet: Promise<WorkerFleet>;
  readonly stop: AbortController;
}

function begin(metrics: Metrics = silentMetrics): Begun {
  const env = { ...createTestEnv(), metrics };
  const threads: ScriptedThread[] = [];
  const start: StartThread = (setup, handler) => {
    const thread = new ScriptedThread(structuredClone(setup), handler);
    threads.push(thread);
    return thread;
  };
  const stop = new AbortController();
  const fleet = startWorkerFleet({ ...options, start }, env, stop.signal);
  return { clock: env.clock, threads, stop, fleet };
}

async function started(metrics?: Metrics) {
  const begun = begin(metrics);
  for (const thread of begun.threads) thread.says({ kind: "started" });
  const fleet = await begun.fleet;
  const [first, second] = begun.threads;
  if (first === undefined || second === undefined) throw new Error("expected two threads");
  return { ...begun, fleet, first, second };
}

function ready(wanted: number): FleetStatus {
  return { ...emptyStatus(wanted), nodes: { wanted, registered: wanted, ready: wanted } };
}

describe("a fleet of workers", () => {
  test("gives each a shard of the nodes and a seed of its own, the same each time", async () => {
    const { threads } = await started();
    const again = await started();
    expect(threads.map(({ setup }) => setup.shard)).toEqual([
      { index: 0, count: 2 },
      { index: 1, count: 2 },
    ]);
    const seeds = threads.map(({ setup }) => setup.seed);
    expect(new Set(seeds).size).toBe(2);
    expect(again.threads.map(({ setup }) => setup.seed)).toEqual(seeds);
    expect(threads[0]?.setup).toMatchObject({ logLevel: "silent", metrics: false });
  });

  test("has the sum of what they report", async () => {
    const { fleet, first } = await started();
    expect(fleet.status()).toEqual(emptyStatus(5));
    first.reports(ready(3));
    expect(fleet.status().nodes).toEqual({ wanted: 5, registered: 3, ready: 3 });
    first.says({ kind: "report", report: { status: undefined, records: [] } });
    expect(fleet.status().nodes.ready).toBe(3);
  });

  test("adds up what they count, asking once for all who ask at the time", async () => {
    const { fleet, first, second } = await started(createMetricsRegistry());
    expect(first.setup.metrics).toBe(true);
    const counted = (value: number): readonly MetricFamily[] => [
      { name: "a_total", help: "", type: "counter", samples: [{ suffix: "", labels: {}, value }] },
    ];
    const asked = [fleet.families(), fleet.families()];
    expect(first.received).toEqual(["metrics"]);
    first.says({ kind: "metrics", families: counted(2) });
    second.says({ kind: "metrics", families: counted(3) });
    expect(await Promise.all(asked)).toEqual([counted(5), counted(5)]);
    const later = fleet.families();
    first.says({ kind: "metrics", families: counted(4) });
    second.dies("boom");
    expect(await later).toEqual(counted(4));
  });

  test("ends all of them, and answers no more", async () => {
    const { fleet, threads } = await started();
    await fleet.close();
    for (const { received, isTerminated } of threads) {
      expect(received).toEqual(["close"]);
      expect(isTerminated).toBe(true);
    }
    expect(await fleet.families()).toEqual([]);
  });

  test("waits three seconds for one that hangs", async () => {
    const { fleet, first, second, clock } = await started();
    second.hangs = true;
    const closed = fleet.close();
    await clock.advance(2_900);
    expect([first.isTerminated, second.isTerminated]).toEqual([true, false]);
    await clock.advance(200);
    await closed;
    expect(second.isTerminated).toBe(true);
  });

  test("fails in one line when one of them dies, whose nodes then count as gone", async () => {
    const { fleet, first, second } = await started();
    first.reports(ready(3));
    second.reports(ready(2));
    second.dies("boom");
    await expect(fleet.failed).rejects.toMatchObject({
      reason: "crashed",
      message: "worker 2 of 2 has ended: boom",
    });
    expect(fleet.status().nodes).toEqual({ wanted: 5, registered: 3, ready: 3 });
    await fleet.close();
    expect(second.received).toEqual([]);
  });

  test("takes no end for a failure that it has asked for", async () => {
    const { fleet, first, second } = await started();
    second.hangs = true;
    const closed = fleet.close();
    second.dies("exit code 0");
    await closed;
    let failed = false;
    fleet.failed?.catch(() => {
      failed = true;
    });
    await Promise.resolve();
    expect(failed).toBe(false);
    expect(first.isTerminated && second.isTerminated).toBe(true);
  });

  test("does not start when one of them cannot, and ends the others", async () => {
    const { fleet, threads } = begin();
    threads[0]?.says({ kind: "started" });
    threads[1]?.says({ kind: "failed", message: "config: no such file" });
    await expect(fleet).rejects.toThrow("worker 2 of 2 has ended: config: no such file");
    expect(threads.map(({ isTerminated }) => isTerminated)).toEqual([true, true]);
  });

  test("gives up starting when it is asked to stop", async () => {
    const { fleet, threads, stop } = begin();
    stop.abort(new Error("stop"));
    await expect(fleet).rejects.toThrow("stop");
    expect(threads.map(({ received }) => received)).toEqual([["close"], ["close"]]);
  });
});
