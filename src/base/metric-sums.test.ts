import { expect, test } from "vitest";
import type { MetricFamily } from "./metric-series.ts";
import { addFamilies } from "./metric-sums.ts";
import { createMetricsRegistry } from "./metrics-registry.ts";

/** What two registries count between them, and one that counts all of it. */
function countedApart(): { apart: readonly MetricFamily[][]; together: readonly MetricFamily[] } {
  const registries = [createMetricsRegistry(), createMetricsRegistry()];
  const one = createMetricsRegistry();
  for (const [index, half] of registries.entries()) {
    for (const registry of [half, one]) {
      registry.counter("b_total", "B.", ["code"]).inc(index + 1, { code: "200" });
      registry.counter("b_total", "B.", ["code"]).inc(1, { code: `50${index}` });
      registry.gauge("a", "A.").add(index + 3);
      registry.histogram("c_seconds", "C.", [0.1, 1], ["verb"]).observe(index, { verb: "get" });
    }
  }
  return { apart: registries.map((each) => [...each.families()]), together: one.families() };
}

test("counted apart and added up is counted together", () => {
  const { apart, together } = countedApart();
  expect(addFamilies(apart)).toEqual(together);
});

test("samples of other labels stand beside each other", () => {
  const lag = (labels: Readonly<Record<string, string>>, value: number): MetricFamily => ({
    name: "lag",
    help: "",
    type: "gauge",
    samples: [{ suffix: "", labels, value }],
  });
  const [family] = addFamilies([[lag({}, 1)], [lag({ worker: "1" }, 2)], [lag({}, 3)]]);
  expect(family?.samples.map(({ labels, value }) => ({ labels, value }))).toEqual([
    { labels: {}, value: 4 },
    { labels: { worker: "1" }, value: 2 },
  ]);
});

test("the order of labels does not matter", () => {
  const family = (labels: Readonly<Record<string, string>>): MetricFamily => ({
    name: "a_total",
    help: "",
    type: "counter",
    samples: [{ suffix: "", labels, value: 1 }],
  });
  const [sum] = addFamilies([[family({ x: "1", y: "2" })], [family({ y: "2", x: "1" })]]);
  expect(sum?.samples).toHaveLength(1);
});
