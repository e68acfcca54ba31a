import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { Counter } from "../base/metrics.ts";
import type { RandomStream } from "../base/random.ts";
import type { EventRecorder } from "../client/index.ts";
import { objectKey } from "../k8s/object-key.ts";
import type { Pod } from "../k8s/types/core.ts";
import { type AssumedPods, createAssumedPods } from "./assumed-pods.ts";
import { ClusterState } from "./cluster-state.ts";
import {
  changedByArrival,
  changedByDeparture,
  followCluster,
  type WatchedInformers,
} from "./cluster-watch.ts";
import type { PodInfo } from "./pod-info.ts";
import type { PodWriter } from "./pod-writer.ts";
import type { ResolvedSchedulerOptions } from "./scheduler-options.ts";
import { type PendingPods, SchedulingQueue } from "./scheduling-queue.ts";
import { selectNode } from "./select-node.ts";

/** The longest that decisions keep the event loop. */
const sliceMs = 5;

export interface LoopParts {
  readonly informers: WatchedInformers;
  readonly writer: PodWriter;
  readonly recorder: EventRecorder;
}

/** Takes pod after pod from the queue, decides at once, and leaves the writing to go on beside. */
export class SchedulingLoop {
  readonly #options: ResolvedSchedulerOptions;
  readonly #parts: LoopParts;
  readonly #env: Pick<Env, "clock" | "log">;
  readonly #random: RandomStream;
  readonly #attempts: Counter;
  readonly #cluster = new ClusterState();
  readonly #queue: SchedulingQueue;
  readonly #assumed: AssumedPods;
  /** The writes under way. */
  readonly #writes = new Set<Promise<void>>();
  #isRunning = false;
  #startAt = 0;
  #turn: Timer | undefined;

  constructor(options: ResolvedSchedulerOptions, parts: LoopParts, env: Env) {
    this.#options = options;
    this.#parts = parts;
    this.#env = env;
    this.#random = env.random.stream(`scheduler/${options.schedulerName}`);
    this.#attempts = env.metrics.counter(
      "scheduler_schedule_attempts_total",
      "Attempts to schedule pods, by result.",
      ["result"],
    );
    this.#queue = new SchedulingQueue(
      {
        backoffInitialMs: options.podInitialBackoffMs,
        backoffMaxMs: options.podMaxBackoffMs,
        onReady: () => this.#scheduleTurn(),
      },
      env,
    );
    this.#assumed = createAssumedPods(
      { ttlMs: options.assumedPodTtlMs, onExpired: (uid) => this.#onExpired(uid) },
      env,
    );
  }

  get pending(): PendingPods {
    return this.#queue.pending;
  }

  /** To be called when the informers are in sync. */
  start(): void {
    this.#isRunning = true;
    followCluster(this.#parts.informers, {
      cluster: this.#cluster,
      queue: this.#queue,
      assumed: this.#assumed,
      schedulerName: this.#options.schedulerName,
    });
    this.#scheduleTurn();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#turn?.cancel();
    this.#queue.close();
    this.#assumed.close();
    await Promise.all(this.#writes);
  }

  get #hasRoom(): boolean {
    return this.#isRunning && this.#writes.size < this.#options.inFlightMax;
  }

  #scheduleTurn(): void {
    if (!this.#hasRoom || this.#turn !== undefined) return;
    this.#turn = this.#env.clock.schedule(0, () => {
      this.#turn = undefined;
      this.#runTurn();
    });
  }

  #runTurn(): void {
    const { clock } = this.#env;
    const endsMs = clock.monotonicMs() + sliceMs;
    while (this.#hasRoom) {
      const info = this.#queue.pop();
      if (info === undefined) return;
      this.#attempt(info);
      if (clock.monotonicMs() < endsMs) continue;
      this.#scheduleTurn();
      return;
    }
  }

  #attempt(info: PodInfo): void {
    const selection = selectNode(
      info,
      this.#cluster,
      {
        startAt: this.#startAt,
        percentageOfNodesToScore: this.#options.percentageOfNodesToScore,
      },
      this.#random,
    );
    this.#startAt = selection.nextStartAt;
    if (selection.kind === "node") {
      this.#cluster.place(info, selection.name);
      this.#assumed.assume(info.uid);
      this.#queue.wake(changedByArrival);
      this.#runBeside(this.#bind(info, selection.name));
      return;
    }
    const { message, plugins } = selection.error;
    this.#attempts.inc(1, { result: "unschedulable" });
    this.#queue.waitForChange(info.uid, plugins);
    this.#runBeside(this.#report(info.pod, "Unschedulable", message));
  }

  /** When a write has ended there is room for the next decision. */
  #runBeside(write: Promise<void>): void {
    const tracked = write
      .catch((error: unknown) => this.#env.log.error("a write of the scheduler failed", { error }))
      .finally(() => {
        this.#writes.delete(tracked);
        this.#scheduleTurn();
      });
    this.#writes.add(tracked);
  }

  async #bind({ uid, pod }: PodInfo, nodeName: string): Promise<void> {
    const result = await this.#parts.writer.bind(pod, nodeName);
    const key = objectKey(pod.metadata);
    if (result.kind === "bound") {
      this.#attempts.inc(1, { result: "scheduled" });
      this.#queue.done(uid);
      this.#assumed.bound(uid);
      const message = `Successfully assigned ${key} to ${nodeName}`;
      this.#parts.recorder.event(pod, "Normal", "Scheduled", message);
      return;
    }
    // If the watch has shown it on a node meanwhile, there it is.
    if (this.#assumed.settle(uid) && this.#cluster.displace(uid)) {
      this.#queue.wake(changedByDeparture);
    }
    this.#queue.retry(uid);
    if (result.kind === "obsolete") return;
    const { error } = result;
    this.#attempts.inc(1, { result: "error" });
    this.#env.log.warn("a pod could not be bound", { pod: key, node: nodeName, error });
    const why = error instanceof Error ? error.message : String(error);
    await this.#report(pod, "SchedulerError", `binding rejected: ${why}`);
  }

  async #report(
    pod: Pod,
    reason: "Unschedulable" | "SchedulerError",
    message: string,
  ): Promise<void> {
    this.#parts.recorder.event(pod, "Warning", "FailedScheduling", message);
    await this.#parts.writer.reportUnscheduled(pod, reason, message);
  }

  #onExpired(uid: string): void {
    const placement = this.#cluster.placementOf(uid);
    if (placement === undefined) return;
    const key = objectKey(placement.info.pod.metadata);
    this.#env.log.warn("a bound pod was never seen on its node", { pod: key });
    this.#cluster.displace(uid);
    const current = this.#parts.informers.pods.indexer.get(key);
    if (current?.metadata.uid === uid) this.#queue.set(this.#cluster.podInfo(current));
  }
}
