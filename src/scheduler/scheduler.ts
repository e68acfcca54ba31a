import type { Env } from "../base/env.ts";
import { createEventRecorder, createInformer } from "../client/index.ts";
import { namespaces, nodes, pods, services } from "../k8s/resources.ts";
import { createPodWriter } from "./pod-writer.ts";
import { resolveSchedulerOptions, type SchedulerOptions } from "./scheduler-options.ts";
import { SchedulingLoop } from "./scheduling-loop.ts";
import type { PendingPods } from "./scheduling-queue.ts";

/** A scheduler that runs. Disposing it stops it at once, writes under way included. */
export interface Scheduler extends AsyncDisposable {
  /** Resolves once it knows the cluster and has begun; rejects when it is disposed before. */
  readonly synced: Promise<void>;
  /** The pods that want a node. */
  readonly pending: PendingPods;
}

/**
 * Gives nodes to pods that have none, as kube-scheduler's default profile does, but for volumes,
 * dynamic resources and preemption. It works against any API server, through every outage.
 *
 * @throws OptionError for options that make no sense.
 */
export function startScheduler(options: SchedulerOptions, env: Env): Scheduler {
  const resolved = resolveSchedulerOptions(options);
  const { client } = options;
  const unfinished = { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" };
  const informers = {
    pods: createInformer(client, pods, unfinished, env),
    nodes: createInformer(client, nodes, {}, env),
    namespaces: createInformer(client, namespaces, {}, env),
    services: createInformer(client, services, {}, env),
  };
  const all = Object.values(informers);
  const recorder = createEventRecorder({ client, component: resolved.schedulerName }, env);
  const stopping = new AbortController();
  const writer = createPodWriter(client, stopping.signal, env);
  const loop = new SchedulingLoop(resolved, { informers, writer, recorder }, env);
  const synced = Promise.all(all.map((informer) => informer.synced)).then(() => loop.start());
  // Rejected only by disposal: whoever disposes it without having asked need not hear of it.
  synced.catch(() => {});
  return {
    synced,
    get pending() {
      return loop.pending;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error("the scheduler is stopped"));
      await loop.stop();
      await Promise.all(all.map((informer) => informer[Symbol.asyncDispose]()));
      await recorder[Symbol.asyncDispose]();
    },
  };
}
