/** Label values of one sample, by label name. */
export type MetricLabels = Readonly<Record<string, string>>;

/** A number that only grows. Names end in `_total`. */
export interface Counter {
  inc(by?: number, labels?: MetricLabels): void;
}

/** A number that goes up and down. */
export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
}

/** A distribution. Names end in their unit: `_seconds`, `_bytes`. */
export interface Histogram {
  observe(value: number, labels?: MetricLabels): void;
}

/** What is asked of a registry of metrics. Asking twice for one name gives the same metric. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly string[],
  ): Histogram;
}

const nothing = { inc() {}, set() {}, observe() {} };

/** Metrics that keep nothing: the default of the library. */
export const silentMetrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
};
