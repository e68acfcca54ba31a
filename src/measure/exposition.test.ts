import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { describe, expect, test } from "vitest";
import { createMetricsRegistry } from "../base/metrics-registry.ts";
import { formatExposition } from "./exposition.ts";

describe("the text format of Prometheus", () => {
  test("has a HELP and a TYPE before the samples of each metric", () => {
    const registry = createMetricsRegistry();
    registry.counter("requests_total", "Requests.", ["code"]).inc(3, { code: "200" });
    registry.histogram("wait_seconds", "Waits.", [0.5]).observe(0.25);
    registry.counter("unused_total", "Never seen.", ["code"]);
    expect(formatExposition(registry.families())).toBe(`# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200"} 3
# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 1
wait_seconds_bucket{le="+Inf"} 1
wait_seconds_sum 0.25
wait_seconds_count 1
`);
  });

  test.each([
    { name: "a quote", value: 'a"b' },
    { name: "a backslash", value: "a\\b" },
    { name: "a backslash before an n", value: "a\\nb" },
    { name: "a new line", value: "a\nb" },
    { name: "braces and commas", value: "{a},b=" },
    { name: "nothing", value: "" },
    { name: "what is no Latin", value: "узел" },
  ])("says a label value with $name so that another parser reads it back", ({ value }) => {
    const registry = createMetricsRegistry();
    registry.gauge("nodes", "Nodes \\ with\nlines.", ["name"]).set(1, { name: value });
    expect(parsePrometheusTextFormat(formatExposition(registry.families()))).toMatchObject([
      { name: "nodes", type: "GAUGE", metrics: [{ value: "1", labels: { name: value } }] },
    ]);
  });

  test.each([
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
    [Number.NaN, "NaN"],
    [1e21, "1e+21"],
    [0.1, "0.1"],
  ])("writes %d as %s", (value, text) => {
    const registry = createMetricsRegistry();
    registry.gauge("a", "A.").set(value);
    expect(formatExposition(registry.families())).toContain(`\na ${text}\n`);
  });
});
