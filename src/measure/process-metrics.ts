import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import type { Env } from "../base/env.ts";
import type { MetricFamily } from "../base/metric-series.ts";
import { openFilesLimit } from "./open-files-limit.ts";

/** Metrics of this process. Disposing it ends the watch over the event loop. */
export interface ProcessMetrics extends Disposable {
  collect(): readonly MetricFamily[];
}

/** A watch over the event loop wakes it up this often; Node's own 10 ms are a percent of a core. */
const loopResolutionMs = 50;

/**
 * What Prometheus' client libraries say of a process, under their names: processor time, memory,
 * files; and of Node: heap, and how late the event loop is, since the last time that it was asked.
 */
export function watchProcess({ clock }: Pick<Env, "clock">): ProcessMetrics {
  const startedS = clock.nowMs() / 1_000 - process.uptime();
  const loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
  loop.enable();
  /** The histogram holds the time from one wake-up to the next, in nanoseconds. */
  const lateness = (betweenNs: number): number =>
    Number.isFinite(betweenNs) ? Math.max(0, betweenNs / 1e9 - loopResolutionMs / 1_000) : 0;

  return {
    collect() {
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      const families = [
        family("process_cpu_seconds_total", "counter", "Processor time spent, in seconds.", [
          (user + system) / 1e6,
        ]),
        family("process_start_time_seconds", "gauge", "When the process started, in Unix time.", [
          startedS,
        ]),
        family("process_resident_memory_bytes", "gauge", "Resident memory.", [rss]),
        family("process_open_fds", "gauge", "Open file descriptors.", openFiles()),
        family("process_max_fds", "gauge", "How many there may be.", optional(openFilesLimit())),
        family("nodejs_heap_size_used_bytes", "gauge", "Heap of JavaScript in use.", [heapUsed]),
        family("nodejs_heap_size_total_bytes", "gauge", "Heap of JavaScript.", [heapTotal]),
        family("nodejs_external_memory_bytes", "gauge", "Memory of buffers.", [external]),
        ...[
          { name: "mean", value: loop.mean },
          { name: "max", value: loop.max },
          { name: "p50", value: loop.percentile(50) },
          { name: "p99", value: loop.percentile(99) },
        ].map(({ name, value }) =>
          family(
            `nodejs_eventloop_lag_${name}_seconds`,
            "gauge",
            `How late the event loop was since the last scrape: ${name}.`,
            [lateness(value)],
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
): MetricFamily {
  return {
    name,
    help,
    type,
    samples: values.map((value) => ({ suffix: "" as const, labels: {}, value })),
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
