import type { MetricFamily } from "../base/metric-series.ts";
import type { MetricLabels } from "../base/metrics.ts";
import type { FleetStatus } from "../fleet/index.ts";

/** The state of a fleet as metrics. */
export function fleetMetrics(status: FleetStatus): readonly MetricFamily[] {
  const { nodes, leases, pods, reregistrations } = status;
  const byState = {
    ready: nodes.ready,
    not_ready: nodes.registered - nodes.ready,
    unregistered: nodes.wanted - nodes.registered,
  };
  return [
    family("hollowmark_nodes", "gauge", "Nodes of the fleet, by state.", "state", byState),
    family("hollowmark_pods", "gauge", "Pods on the fleet's nodes, by phase.", "phase", pods),
    family("hollowmark_node_reregistrations_total", "counter", "Nodes registered again.", "", {
      "": reregistrations,
    }),
    family("hollowmark_leases_sent_total", "counter", "Renewals of Leases that were sent.", "", {
      "": leases.sent,
    }),
    family(
      "hollowmark_leases_late_total",
      "counter",
      "Renewals more than 13 s after the last.",
      "",
      {
        "": leases.late,
      },
    ),
    family("hollowmark_leases_failed_total", "counter", "Renewals that failed.", "", {
      "": leases.failed,
    }),
    family(
      "hollowmark_lease_longest_gap_seconds",
      "gauge",
      "The longest time between two renewals of one Lease.",
      "",
      { "": leases.longestGapMs / 1_000 },
    ),
  ];
}

/** A value for each value of one label, or one without labels. */
function family(
  name: string,
  type: MetricFamily["type"],
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
): MetricFamily {
  const labels = (value: string): MetricLabels => (label === "" ? {} : { [label]: value });
  return {
    name,
    type,
    help,
    samples: Object.entries(values).map(([key, value]) => ({
      suffix: "" as const,
      labels: labels(key),
      value,
    })),
  };
}
