import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import type { Env } from "../base/env.ts";
import type { MetricFamily } from "../base/metric-series.ts";
import type { MetricLabels } from "../base/metrics.ts";
import { openFilesLimit } from "./open-files-limit.ts";

/** Metrics of this process, or of a thread of it. Disposing it ends the watch over the event loop. */
export interface ProcessMetrics extends Disposable {
  collect(): readonly MetricFamily[];
}

/** A watch over the event loop wakes it up this often; Node's own 10 ms are a percent of a core. */
const loopResolutionMs = 50;

/**
 * What Prometheus' client libraries say of a process, under their names: processor time, memory,
 * files; and what `watchThread` says of its main thread.
 */
export function watchProcess(env: Pick<Env, "clock">): ProcessMetrics {
  const startedS = env.clock.nowMs() / 1_000 - process.uptime();
  const thread = watchThread();
  return {
    collect() {
      const { user, system } = process.cpuUsage();
      return [
        family("process_cpu_seconds_total", "counter", "Processor time spent, in seconds.", [
          (user + system) / 1e6,
        ]),
        family("process_start_time_seconds", "gauge", "When the process started, in Unix time.", [
          startedS,
        ]),
        family("process_resident_memory_bytes", "gauge", "Resident memory.", [
          process.memoryUsage.rss(),
        ]),
        family("process_open_fds", "gauge", "Open file descriptors.", openFiles()),
        family("process_max_fds", "gauge", "How many there may be.", optional(openFilesLimit())),
        ...thread.collect(),
      ];
    },
    [Symbol.dispose]: () => thread[Symbol.dispose](),
  };
}

/**
 * What Node says of this thread: its heap, and how late its event loop is, since the last time that
 * it was asked. `labels` tell it from other threads.
 */
export function watchThread(labels: MetricLabels = {}): ProcessMetrics {
  const loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
  loop.enable();
  /** The histogram holds the time from one wake-up to the next, in nanoseconds. */
  const lateness = (betweenNs: number): number =>
    Number.isFinite(betweenNs) ? Math.max(0, betweenNs / 1e9 - loopResolutionMs / 1_000) : 0;
  const gauge = (name: string, help: string, value: number): MetricFamily =>
    family(name, "gauge", help, [value], labels);

  return {
    collect() {
      const { heapUsed, heapTotal, external } = process.memoryUsage();
      const families = [
        gauge("nodejs_heap_size_used_bytes", "Heap of JavaScript in use.", heapUsed),
        gauge("nodejs_heap_size_total_bytes", "Heap of JavaScript.", heapTotal),
        gauge("nodejs_external_memory_bytes", "Memory of buffers.", external),
        ...[
          { name: "mean", value: loop.mean },
          { name: "max", value: loop.max },
          { name: "p50", value: loop.percentile(50) },
          { name: "p99", value: loop.percentile(99) },
        ].map(({ name, value }) =>
          gauge(
            `nodejs_eventloop_lag_${name}_seconds`,
            `How late the event loop was since the last scrape: ${name}.`,
            lateness(value),
          ),
        ),
      ];
      loop.reset();
      return families;
    },
    [Symbol.dispose]() {
      loop.disable();
    },
  };
}

function family(
  name: string,
  type: MetricFamily["type"],
  help: string,
  values: readonly number[],
  labels: MetricLabels = {},
): MetricFamily {
  return {
    name,
    help,
    type,
    samples: values.map((value) => ({ suffix: "" as const, labels, value })),
  };
}

function optional(value: number | undefined): readonly number[] {
  return value === undefined ? [] : [value];
}

/** Nothing where there is no `/proc`. */
function openFiles(): readonly number[] {
  try {
    return [readdirSync("/proc/self/fd").length];
  } catch {
    return [];
  }
}
