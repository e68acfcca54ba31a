import type { Cluster } from "../../cluster/index.ts";
import type { FleetStatus } from "../../fleet/index.ts";

/** What a report is made of. */
export interface ReportFacts {
  readonly cluster: Pick<Cluster, "controlPlane" | "status">;
  /** The file that leads to the cluster, if one was written. */
  readonly kubeconfig: string | undefined;
  /** Where metrics are served, if they are. */
  readonly metricsUrl: string | undefined;
  /** From the start of the command. */
  readonly seconds: number;
}

/** How far the nodes are, in one line. */
export function nodesLine({ nodes, failures }: FleetStatus): string {
  const waiting = failures[0] === undefined ? "" : `; waiting: ${failures[0].message}`;
  return `Nodes: ${nodes.wanted} wanted, ${nodes.registered} registered, ${nodes.ready} Ready${waiting}`;
}

/** The report once all nodes are Ready: lines for a person, or one JSON object. */
export function clusterReport(facts: ReportFacts, format: "text" | "json"): readonly string[] {
  const { cluster, kubeconfig, metricsUrl, seconds } = facts;
  const { controlPlane } = cluster;
  const status = cluster.status();
  if (format === "json") {
    const { kind, url, version } = controlPlane;
    const report = {
      controlPlane: { kind, url, version },
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(metricsUrl === undefined ? {} : { metrics: metricsUrl }),
      nodes: status.nodes,
      failures: status.failures,
      reregistrations: status.reregistrations,
      seconds: Number(seconds.toFixed(3)),
    };
    return [JSON.stringify(report)];
  }
  return [
    `${nodesLine(status)} after ${seconds.toFixed(1)} s`,
    ...(kubeconfig === undefined ? [] : ["", `  export KUBECONFIG=${shellWord(kubeconfig)}`, ""]),
    ...(metricsUrl === undefined ? [] : [`Metrics: ${metricsUrl}`]),
    "Press Ctrl-C to stop.",
  ];
}

function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
