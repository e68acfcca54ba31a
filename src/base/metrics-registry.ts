import { assert } from "./assert.ts";
import { BucketSeries, type MetricFamily, NumberSeries, SeriesTable } from "./metric-series.ts";
import type { Counter, Gauge, Histogram, Metrics } from "./metrics.ts";

export interface MetricsRegistryOptions {
  /** How many series one metric may have; what comes beyond is counted as `other`. Default 2 000. */
  readonly seriesMax?: number;
}

/** Gives metrics that are kept elsewhere, when they are asked for. Must not throw. */
export type MetricsCollector = () => readonly MetricFamily[];

/** Metrics that are kept, to be read now and then. */
export interface MetricsRegistry extends Metrics {
  /** What `collector` gives is read along with what was counted here. */
  addCollector(collector: MetricsCollector): void;
  /** All that there is at this moment, by name. */
  families(): readonly MetricFamily[];
}

/** A metric and what it was asked for with. */
interface Registered {
  readonly metric: Counter | Gauge | Histogram;
  readonly signature: string;
  family(): MetricFamily;
}

/** A counted thing is one object per series with a number in it: an observation allocates nothing. */
export function createMetricsRegistry({
  seriesMax = 2_000,
}: MetricsRegistryOptions = {}): MetricsRegistry {
  const byName = new Map<string, Registered>();
  const collectors: MetricsCollector[] = [];

  function register<M extends Counter | Gauge | Histogram>(
    name: string,
    signature: string,
    create: () => { readonly metric: M; family(): MetricFamily },
  ): M {
    const known = byName.get(name);
    if (known !== undefined) {
      assert(known.signature === signature, `metric ${name} is asked for in two ways`);
      return known.metric as M; // Of the same signature, so of the same type.
    }
    assert(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name), `${name} is no name of a metric`);
    const created = create();
    byName.set(name, { ...created, signature });
    return created.metric;
  }

  return {
    counter: (name, help, labelNames = []) =>
      register(name, `counter ${labelNames.join()}`, () =>
        numberMetric({ name, help, type: "counter" }, labelNames, seriesMax),
      ),
    gauge: (name, help, labelNames = []) =>
      register(name, `gauge ${labelNames.join()}`, () =>
        numberMetric({ name, help, type: "gauge" }, labelNames, seriesMax),
      ),
    histogram: (name, help, buckets, labelNames = []) =>
      register(name, `histogram ${labelNames.join()} ${buckets.join()}`, () =>
        histogramMetric({ name, help, type: "histogram" }, buckets, labelNames, seriesMax),
      ),
    addCollector(collector) {
      collectors.push(collector);
    },
    families() {
      const own = [...byName.values()].map((registered) => registered.family());
      return [...own, ...collectors.flatMap((collect) => collect())].sort((left, right) =>
        left.name < right.name ? -1 : 1,
      );
    },
  };
}

type Description = Omit<MetricFamily, "samples">;

function numberMetric(
  description: Description,
  labelNames: readonly string[],
  seriesMax: number,
): { readonly metric: Counter & Gauge; family(): MetricFamily } {
  const table = new SeriesTable(labelNames, seriesMax, () => new NumberSeries());
  const none = {};
  return {
    metric: {
      inc: (by = 1, labels = none) => table.at(labels).inc(by),
      set: (value, labels = none) => table.at(labels).set(value),
      add: (by, labels = none) => table.at(labels).add(by),
      labels: (labels) => table.at(labels),
    },
    family: () => ({
      ...description,
      samples: [...table.entries()].map(({ labels, series }) => ({
        suffix: "",
        labels,
        value: series.value,
      })),
    }),
  };
}

function histogramMetric(
  description: Description,
  buckets: readonly number[],
  labelNames: readonly string[],
  seriesMax: number,
): { readonly metric: Histogram; family(): MetricFamily } {
  assert(
    buckets.every((bound, index) => bound > (buckets[index - 1] ?? Number.NEGATIVE_INFINITY)),
    `the buckets of ${description.name} do not ascend`,
  );
  const table = new SeriesTable(labelNames, seriesMax, () => new BucketSeries(buckets));
  const none = {};
  return {
    metric: {
      observe: (value, labels = none) => table.at(labels).observe(value),
      labels: (labels) => table.at(labels),
    },
    family: () => ({
      ...description,
      samples: [...table.entries()].flatMap(({ labels, series }) => series.samples(labels)),
    }),
  };
}
