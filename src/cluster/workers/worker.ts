import { sleep } from "../../base/clock.ts";
import type { Env } from "../../base/env.ts";
import type { MetricFamily } from "../../base/metric-series.ts";
import { emptyStatus, FleetError, type FleetShard, type FleetStatus } from "../../fleet/index.ts";
import { writeRelayed } from "./log-relay.ts";
import type { FromWorker, WorkerSetup } from "./messages.ts";
import type { StartThread, Thread } from "./thread.ts";

type MetricFamilies = readonly MetricFamily[];

/** A question for metrics that is under way. */
interface Asked {
  readonly answer: Promise<MetricFamilies>;
  take(families: MetricFamilies): void;
}

/** How long the nodes of a worker may take to end before their thread is ended under them. */
const closeTimeoutMs = 3_000;

/** The main thread's end of one worker. */
export class ShardWorker {
  readonly #env: Pick<Env, "clock" | "log">;
  readonly #shard: FleetShard;
  readonly #thread: Thread;
  #state: "running" | "closing" | "ended" = "running";
  #status: FleetStatus;
  /** Resolves when its nodes have begun to register; rejects with a FleetError. */
  readonly started: Promise<void>;
  /** Rejects, with a FleetError, when it ends by itself. Never resolves. */
  readonly failed: Promise<never>;
  readonly #ended: Promise<void>;
  #resolveStarted: () => void = () => {};
  #rejectFailed: (error: FleetError) => void = () => {};
  #resolveEnded: () => void = () => {};
  /** Whoever asks while an answer is under way gets the same. */
  #asked: Asked | undefined;

  constructor(
    setup: WorkerSetup,
    wanted: number,
    start: StartThread,
    env: Pick<Env, "clock" | "log">,
  ) {
    this.#env = env;
    this.#shard = setup.shard;
    this.#status = emptyStatus(wanted);
    this.failed = new Promise((_, reject) => {
      this.#rejectFailed = reject;
    });
    this.failed.catch(() => {}); // Nobody has to wait for it.
    const hasStarted = new Promise<void>((resolve) => {
      this.#resolveStarted = resolve;
    });
    this.started = Promise.race([hasStarted, this.failed]);
    this.started.catch(() => {});
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#thread = start(setup, {
      received: (message) => this.#received(message),
      ended: (why) => this.#fail(why),
    });
  }

  get status(): FleetStatus {
    return this.#status;
  }

  /** What is counted in it; nothing when it has ended. */
  families(): Promise<MetricFamilies> {
    if (this.#state === "ended") return Promise.resolve([]);
    if (this.#asked === undefined) {
      let take: Asked["take"] = () => {};
      const answer = new Promise<MetricFamilies>((resolve) => {
        take = resolve;
      });
      this.#asked = { answer, take };
      this.#thread.send({ kind: "metrics" });
    }
    return this.#asked.answer;
  }

  async close(): Promise<void> {
    if (this.#state === "running") {
      this.#state = "closing";
      this.#thread.send({ kind: "close" });
    }
    const settled = new AbortController();
    const timeout = sleep(this.#env.clock, closeTimeoutMs, settled.signal).catch(() => {});
    await Promise.race([this.#ended, timeout]);
    settled.abort();
    this.#end();
    await this.#thread.terminate();
  }

  #received(message: FromWorker): void {
    switch (message.kind) {
      case "started":
        this.#resolveStarted();
        return;
      case "report": {
        const { status, records } = message.report;
        this.#status = status ?? this.#status;
        writeRelayed(records, this.#env.log);
        return;
      }
      case "metrics":
        this.#answer(message.families);
        return;
      case "failed":
        this.#fail(message.message);
        return;
      case "closed":
        this.#end();
        return;
    }
  }

  #answer(families: MetricFamilies): void {
    this.#asked?.take(families);
    this.#asked = undefined;
  }

  /** One that is to end may do so in any way. */
  #fail(why: string): void {
    const { index, count } = this.#shard;
    if (this.#state === "running") {
      const message = `worker ${index + 1} of ${count} has ended: ${why}`;
      this.#rejectFailed(new FleetError("crashed", message));
      this.#status = emptyStatus(this.#status.nodes.wanted);
    }
    this.#end();
  }

  #end(): void {
    this.#state = "ended";
    this.#answer([]);
    this.#resolveEnded();
  }
}
