import { availableParallelism } from "node:os";
import { OptionError } from "../../base/option-error.ts";
import { sharesWatches } from "../../fleet/index.ts";
import type { ClusterOptions } from "../cluster-options.ts";

/** What one thread carries well, of nodes with watches of their own. */
const nodesOfOneWorker = 2_000;

/**
 * How many worker threads are to run the nodes of a cluster; 1 stands for none beside this thread.
 *
 * @throws OptionError
 */
export function workersFor(
  options: ClusterOptions,
  nodes: number,
  cores: number = availableParallelism(),
): number {
  const { workers } = options;
  const problem = (expected: string): OptionError =>
    new OptionError(
      options.optionName?.("workers") ?? "workers",
      `expected ${expected}, found ${workers}`,
    );
  if (workers !== undefined && !(Number.isSafeInteger(workers) && workers >= 1)) {
    throw problem("a whole number from 1");
  }
  const why = whyInThisThread(options);
  if (why !== undefined) {
    if (workers !== undefined && workers > 1) throw problem(`1 ${why}`);
    return 1;
  }
  const { registrationsInFlight = Number.POSITIVE_INFINITY } = options.fleet ?? {};
  if (workers !== undefined && workers > registrationsInFlight) {
    throw problem(`at most ${registrationsInFlight}, as many as nodes register at once`);
  }
  const wanted = workers ?? (nodes <= nodesOfOneWorker ? 1 : cores);
  return Math.min(wanted, nodes, registrationsInFlight);
}

/** What a worker could not be sent, or would not be worth it. */
function whyInThisThread({ controlPlane, fleet = {} }: ClusterOptions): string | undefined {
  if (controlPlane === undefined || controlPlane === "embedded") {
    return "where the control plane is in the same process";
  }
  if (sharesWatches(fleet)) return "for nodes that share their watches";
  if ("connection" in controlPlane) return "for a cluster that no kubeconfig leads to";
  const { behavior, nodeLogs } = fleet;
  if (behavior !== undefined) return "with a `fleet.behavior`";
  return nodeLogs === undefined ? undefined : "with `fleet.nodeLogs`";
}
