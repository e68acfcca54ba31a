import type { Clock } from "../../base/clock.ts";
import type { MetricFamily } from "../../base/metric-series.ts";
import { addFamilies } from "../../base/metric-sums.ts";
import { type Metrics, silentMetrics } from "../../base/metrics.ts";
import { createMetricsRegistry } from "../../base/metrics-registry.ts";
import type { FleetStatus } from "../../fleet/index.ts";
import { fleetMetrics } from "../fleet-metrics.ts";
import type { FleetSettings } from "../options/fleet-settings.ts";

/** What a command tells of its fleet while it runs. */
export interface FleetObservation extends AsyncDisposable {
  readonly metrics: Metrics;
  /** Where the metrics are, if they are served. */
  readonly metricsUrl: string | undefined;
  /** What is counted elsewhere is told along with the metrics. */
  addFamilies(elsewhere: () => Promise<readonly MetricFamily[]>): void;
  /** Where the state of the fleet is to be had from now on. */
  observe(status: () => FleetStatus): void;
}

/**
 * Serves the metrics of a fleet if `--metrics-port` asks for it.
 *
 * @throws MetricsServerError
 */
export async function observeFleet(
  { metricsPort }: Pick<FleetSettings, "metricsPort">,
  clock: Clock,
): Promise<FleetObservation> {
  if (metricsPort === undefined) {
    return {
      metrics: silentMetrics,
      metricsUrl: undefined,
      addFamilies() {},
      observe() {},
      async [Symbol.asyncDispose]() {},
    };
  }
  const { startMetricsServer } = await import("../metrics-server.ts");
  const { watchProcess } = await import("../../measure/index.ts");
  let fleet: (() => FleetStatus) | undefined;
  const unready = (): string | undefined => {
    if (fleet === undefined) return "no nodes yet";
    const { wanted, ready } = fleet().nodes;
    return ready === wanted ? undefined : `${ready} of ${wanted} nodes are Ready`;
  };
  const registry = createMetricsRegistry();
  const elsewhere: (() => Promise<readonly MetricFamily[]>)[] = [];
  const families = async (): Promise<readonly MetricFamily[]> =>
    addFamilies([registry.families(), ...(await Promise.all(elsewhere.map((ask) => ask())))]);
  const server = await startMetricsServer({ port: metricsPort, families, unready });
  const ofProcess = watchProcess({ clock });
  registry.addCollector(() => ofProcess.collect());
  registry.addCollector(() => (fleet === undefined ? [] : fleetMetrics(fleet())));
  return {
    metrics: registry,
    metricsUrl: server.url,
    addFamilies(more) {
      elsewhere.push(more);
    },
    observe(status) {
      fleet = status;
    },
    async [Symbol.asyncDispose]() {
      ofProcess[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
