import { createServer } from "node:net";
import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { describe, expect, test } from "vitest";
import { createMetricsRegistry } from "../../src/base/metrics-registry.ts";
import { startMetricsServer } from "../../src/cli/metrics-server.ts";
import { listen } from "../../src/client/test-server.fixture.ts";
import { createSandbox, expectRefusal } from "./sandbox.ts";

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

async function get(url: string, method = "GET"): Promise<Answer> {
  const response = await fetch(url, { method });
  const { status, headers } = response;
  return { status, type: headers.get("content-type"), text: await response.text() };
}

describe("the metrics port", () => {
  test("serves metrics, health and readiness, and nothing else", async () => {
    const registry = createMetricsRegistry();
    registry.counter("requests_total", "Requests.").inc(3);
    const families = async () => registry.families();
    let why: string | undefined = "1 of 2 nodes are Ready";
    await using server = await startMetricsServer({ port: 0, families, unready: () => why });
    const at = (path: string): string => new URL(path, server.url).href;
    expect(await get(server.url)).toEqual({
      status: 200,
      type: "text/plain; version=0.0.4; charset=utf-8",
      text: "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total 3\n",
    });
    expect(await get(at("/metrics?name[]=a"))).toMatchObject({ status: 200 });
    expect(await get(at("/healthz"))).toMatchObject({ status: 200, text: "ok" });
    expect(await get(at("/livez"))).toMatchObject({ status: 200, text: "ok" });
    expect(await get(at("/readyz"))).toMatchObject({ status: 503, text: `${why}\n` });
    why = undefined;
    expect(await get(at("/readyz"))).toMatchObject({ status: 200, text: "ok" });
    expect(await get(at("/metrics"), "HEAD")).toMatchObject({ status: 200, text: "" });
    expect(await get(at("/metrics"), "POST")).toMatchObject({ status: 405 });
    expect(await get(at("/debug"))).toMatchObject({ status: 404 });
  });

  test("closes at once, also with a client that keeps its connection", async () => {
    const options = { port: 0, families: async () => [], unready: () => undefined };
    const server = await startMetricsServer(options);
    await get(server.url); // `fetch` keeps it.
    await server[Symbol.asyncDispose]();
    await expect(get(server.url)).rejects.toThrow("fetch failed");
  });
});

describe("up with a metrics port", () => {
  test("tells of its nodes, their Leases and their requests in Prometheus' format", async () => {
    await using sandbox = await createSandbox();
    await using program = sandbox.start(["up", "--nodes", "5", "--metrics-port", "0"]);
    const [, url = ""] = await program.waitFor(/^Metrics: (http:\/\/127\.0\.0\.1:\d+\/metrics)$/m);
    expect(await get(new URL("/readyz", url).href)).toMatchObject({ status: 200, text: "ok" });
    const { text, type } = await get(url);
    expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
    const families = new Map(
      parsePrometheusTextFormat(text).map((family) => [family.name, family] as const),
    );
    expect(families.get("hollowmark_nodes")).toMatchObject({
      type: "GAUGE",
      metrics: expect.arrayContaining([{ value: "5", labels: { state: "ready" } }]),
    });
    const created = families
      .get("hollowmark_api_requests_total")
      ?.metrics.find(
        ({ labels }) => labels?.["verb"] === "create" && labels["resource"] === "nodes",
      );
    expect(created).toMatchObject({ labels: { code: "201" } });
    expect(Number(created?.value)).toBeGreaterThanOrEqual(5);
    const delays = families.get("hollowmark_lease_renewal_delay_seconds");
    expect(delays?.type).toBe("HISTOGRAM");
    expect(delays?.metrics[0]?.buckets?.["+Inf"]).toBe(delays?.metrics[0]?.count);
    for (const name of [
      "hollowmark_pods",
      "hollowmark_leases_sent_total",
      "hollowmark_leases_late_total",
      "hollowmark_leases_failed_total",
      "hollowmark_watches",
      "nodejs_eventloop_lag_p99_seconds",
      "process_resident_memory_bytes",
      "rest_client_rate_limiter_duration_seconds",
      "rest_client_requests_total",
    ]) {
      expect([...families.keys()]).toContain(name);
    }
    expect(await program.stop()).toMatchObject({ code: 0 });
    await expect(get(url)).rejects.toThrow("fetch failed");
  });

  test("names it in the JSON report", async () => {
    await using sandbox = await createSandbox();
    await using program = sandbox.start([
      "up",
      "--nodes",
      "1",
      "--metrics-port",
      "0",
      "-o",
      "json",
    ]);
    await program.waitFor(/"seconds":/);
    expect(JSON.parse(program.stdout())).toMatchObject({
      metrics: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/),
    });
  });

  test("that is taken fails in one line, before anything is started", async () => {
    await using sandbox = await createSandbox();
    const server = createServer();
    const port = await listen(server);
    try {
      const run = await sandbox.run(["up", "--nodes", "1", "--metrics-port", String(port)]);
      const message = `serve metrics on 127.0.0.1:${port}: another program uses that port`;
      expectRefusal(run, 1, message);
      expect(await sandbox.leftovers()).toEqual([]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
