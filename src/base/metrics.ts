/** Label values of one sample, by label name. */
export type MetricLabels = Readonly<Record<string, string>>;

/** One series of a counter. */
export interface CounterSeries {
  inc(by?: number): void;
}

/** One series of a gauge. */
export interface GaugeSeries {
  set(value: number): void;
  add(by: number): void;
}

/** One series of a histogram. */
export interface HistogramSeries {
  observe(value: number): void;
}

/** A number that only grows. Names end in `_total`. */
export interface Counter {
  inc(by?: number, labels?: MetricLabels): void;
  /** The series of these labels, looked up once: for hot paths. */
  labels(labels: MetricLabels): CounterSeries;
}

/** A number that goes up and down. */
export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
  add(by: number, labels?: MetricLabels): void;
  labels(labels: MetricLabels): GaugeSeries;
}

/** A distribution. Names end in their unit: `_seconds`, `_bytes`. */
export interface Histogram {
  observe(value: number, labels?: MetricLabels): void;
  labels(labels: MetricLabels): HistogramSeries;
}

/** What is asked of a registry of metrics. Asking twice for one name gives the same metric. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  /** `buckets` are upper bounds, ascending; the one without a bound is not among them. */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly string[],
  ): Histogram;
}

const nothing = { inc() {}, set() {}, add() {}, observe() {}, labels: () => nothing };

/** Metrics that keep nothing: the default of the library. */
export const silentMetrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
};
