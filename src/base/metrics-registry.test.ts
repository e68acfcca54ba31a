import { describe, expect, test } from "vitest";
import { createMetricsRegistry } from "./metrics-registry.ts";

function samplesOf(registry: ReturnType<typeof createMetricsRegistry>, name: string) {
  return registry
    .families()
    .find((family) => family.name === name)
    ?.samples.map(({ suffix, labels, value }) => [suffix, labels, value]);
}

describe("a registry of metrics", () => {
  test("keeps what was counted, by labels", () => {
    const registry = createMetricsRegistry();
    const requests = registry.counter("requests_total", "Requests.", ["verb", "code"]);
    requests.inc(2, { verb: "get", code: "200" });
    requests.labels({ code: "200", verb: "get" }).inc();
    requests.inc(1, { verb: "list", code: "200" });
    expect(samplesOf(registry, "requests_total")).toEqual([
      ["", { verb: "get", code: "200" }, 3],
      ["", { verb: "list", code: "200" }, 1],
    ]);
  });

  test("has a metric without labels at zero from the start", () => {
    const registry = createMetricsRegistry();
    registry.counter("a_total", "A.");
    expect(samplesOf(registry, "a_total")).toEqual([["", {}, 0]]);
  });

  test("gives the same metric to whoever asks again", () => {
    const registry = createMetricsRegistry();
    registry.gauge("open", "Open.").set(5);
    registry.gauge("open", "Open.").add(-2);
    expect(samplesOf(registry, "open")).toEqual([["", {}, 3]]);
  });

  test("counts the observations up to each bound, the bound included", () => {
    const registry = createMetricsRegistry();
    const waits = registry.histogram("wait_seconds", "Waits.", [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) waits.observe(value);
    expect(samplesOf(registry, "wait_seconds")).toEqual([
      ["_bucket", { le: "0.1" }, 2],
      ["_bucket", { le: "1" }, 3],
      ["_bucket", { le: "+Inf" }, 4],
      ["_sum", {}, 7.65],
      ["_count", {}, 4],
    ]);
  });

  test("counts what has too many labels together", () => {
    const registry = createMetricsRegistry({ seriesMax: 2 });
    const pods = registry.counter("pods_total", "Pods.", ["node"]);
    for (let node = 0; node < 100; node += 1) pods.inc(1, { node: `n${node}` });
    expect(samplesOf(registry, "pods_total")).toEqual([
      ["", { node: "n0" }, 1],
      ["", { node: "n1" }, 1],
      ["", { node: "other" }, 98],
    ]);
  });

  test("reads collectors when it is read, and orders all by name", () => {
    const registry = createMetricsRegistry();
    registry.counter("b_total", "B.");
    let nodes = 1;
    registry.addCollector(() => [
      { name: "a", help: "A.", type: "gauge", samples: [{ suffix: "", labels: {}, value: nodes }] },
    ]);
    nodes = 2;
    expect(registry.families().map(({ name }) => name)).toEqual(["a", "b_total"]);
    expect(samplesOf(registry, "a")).toEqual([["", {}, 2]]);
  });

  test.each([
    { name: "a counter that falls", act: () => createMetricsRegistry().counter("a", "").inc(-1) },
    {
      name: "a label that the metric has not",
      act: () => createMetricsRegistry().counter("a", "", ["verb"]).inc(1, { code: "200" }),
    },
    {
      name: "one name for two metrics",
      act: () => {
        const registry = createMetricsRegistry();
        registry.counter("a", "");
        registry.gauge("a", "");
      },
    },
    { name: "a name with a dash", act: () => createMetricsRegistry().gauge("a-b", "") },
    { name: "bounds that fall", act: () => createMetricsRegistry().histogram("a", "", [2, 1]) },
  ])("refuses $name", ({ act }) => {
    expect(act).toThrow();
  });
});
