import { assert } from "./assert.ts";
import type { MetricLabels } from "./metrics.ts";

/** Where a sample stands among those of its metric: the `le` of a histogram is one of its labels. */
export interface MetricSample {
  /** What follows the metric's name. */
  readonly suffix: "" | "_bucket" | "_sum" | "_count";
  readonly labels: MetricLabels;
  readonly value: number;
}

/** A metric with all its samples, at one moment. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly MetricSample[];
}

/** The value of each label where there would be too many series. */
const overflow = "other";

/**
 * The series of one metric, by the values of its labels. Beyond `seriesMax` of them, new ones are
 * counted together under labels that all say `other`: sums stay right, and memory bounded.
 */
export class SeriesTable<S> {
  readonly labelNames: readonly string[];
  readonly #seriesMax: number;
  readonly #create: () => S;
  readonly #byKey = new Map<string, { readonly labels: MetricLabels; readonly series: S }>();

  constructor(labelNames: readonly string[], seriesMax: number, create: () => S) {
    this.labelNames = labelNames;
    this.#seriesMax = seriesMax;
    this.#create = create;
    // A metric without labels is there from the start, at zero.
    if (labelNames.length === 0) this.at({});
  }

  at(labels: MetricLabels): S {
    const known = this.#byKey.get(this.#key(labels));
    return known === undefined ? this.#add(labels) : known.series;
  }

  entries(): Iterable<{ readonly labels: MetricLabels; readonly series: S }> {
    return this.#byKey.values();
  }

  #key(labels: MetricLabels): string {
    const [first = "", ...others] = this.labelNames;
    if (others.length === 0) return labels[first] ?? "";
    return this.labelNames.map((name) => labels[name]).join("\u0000");
  }

  #add(labels: MetricLabels): S {
    const names = Object.keys(labels);
    assert(
      names.length === this.labelNames.length && this.labelNames.every((name) => name in labels),
      `a sample has the labels ${names.join()}, its metric ${this.labelNames.join()}`,
    );
    const isFull = this.labelNames.length > 0 && this.#byKey.size >= this.#seriesMax;
    const kept = isFull ? this.#overflowLabels() : { ...labels };
    const key = this.#key(kept);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known.series;
    const series = this.#create();
    this.#byKey.set(key, { labels: kept, series });
    return series;
  }

  #overflowLabels(): MetricLabels {
    return Object.fromEntries(this.labelNames.map((name) => [name, overflow]));
  }
}

/** The sum of a counter, or what a gauge stands at. */
export class NumberSeries {
  value = 0;

  inc(by = 1): void {
    assert(by >= 0, "a counter only grows");
    this.value += by;
  }

  set(value: number): void {
    this.value = value;
  }

  add(by: number): void {
    this.value += by;
  }
}

/** How many observations fell into each bucket, and their sum. */
export class BucketSeries {
  readonly #bounds: readonly number[];
  /** One more than there are bounds; not cumulative. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let index = 0;
    while (value > (this.#bounds[index] ?? Number.POSITIVE_INFINITY)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  samples(labels: MetricLabels): readonly MetricSample[] {
    let count = 0;
    const samples: MetricSample[] = [];
    for (const [index, inBucket] of this.#counts.entries()) {
      count += inBucket;
      const bound = this.#bounds[index];
      const le = bound === undefined ? "+Inf" : String(bound);
      samples.push({ suffix: "_bucket", labels: { ...labels, le }, value: count });
    }
    samples.push({ suffix: "_sum", labels, value: this.#sum });
    samples.push({ suffix: "_count", labels, value: count });
    return samples;
  }
}
