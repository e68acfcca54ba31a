import type { Client, ListOptions } from "../../client/index.ts";
import { connectExisting, createSystemEnv, statusPurpose } from "../../cluster/index.ts";
import { lockName } from "../../fleet/index.ts";
import { leases, nodes, pods, type Resource } from "../../k8s/resources.ts";
import type { KubeObject } from "../../k8s/types/meta.ts";
import { fleetLabel, leaseNamespace } from "../../kubelet/index.ts";
import type { CommandContext, ExitCode } from "../command-context.ts";
import { type FleetSurvey, FleetSurveyor, isAllReady } from "../fleet-survey.ts";
import { statusOptions } from "../options/fleet-settings.ts";
import { readFlags } from "../options/option-table.ts";
import { statusReport } from "../output/status-report.ts";
import { commandLog } from "./command-log.ts";
import { existingCluster } from "./existing-cluster.ts";

const pageSize = 500;

/** `hollowmark status`: 0 when there is a fleet and all nodes are Ready, else 1. */
export async function status(
  flags: Readonly<Record<string, unknown>>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, clock, stop } = context;
  const settings = readFlags(statusOptions, flags);
  const connection = await existingCluster(settings, context);
  const env = createSystemEnv({ log: commandLog(settings, context) });
  await using controlPlane = await connectExisting(connection, statusPurpose, env, stop);
  const fleets = await survey(controlPlane.connect("status"), settings.fleet, clock.nowMs(), stop);
  for (const line of statusReport(fleets, clock.nowMs(), settings.output ?? "text")) {
    terminal.print(line);
  }
  return fleets.length > 0 && fleets.every(isAllReady) ? 0 : 1;
}

/** Looks at one fleet, or at all. Nothing is kept of what is not theirs. */
async function survey(
  client: Client,
  fleet: string | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly FleetSurvey[]> {
  const surveyor = new FleetSurveyor(nowMs);
  const labelSelector = fleet === undefined ? fleetLabel : `${fleetLabel}=${fleet}`;
  await eachOf(client, nodes, { labelSelector, signal }, (node) => surveyor.addNode(node));
  // Leases of nodes have no label where kubelets make them as real ones do.
  await eachOf(client, leases, { namespace: leaseNamespace, signal }, (lease) => {
    const owner = lease.metadata.labels?.[fleetLabel];
    if (owner !== undefined && lease.metadata.name === lockName(owner)) {
      if (fleet === undefined || fleet === owner) surveyor.addLock(lease);
    } else surveyor.addLease(lease);
  });
  await eachOf(client, pods, { fieldSelector: "spec.nodeName!=", signal }, (pod) =>
    surveyor.addPod(pod),
  );
  return surveyor.fleets();
}

/** Visits a collection page by page: a cluster has more pods than are to be held at once. */
async function eachOf<T extends KubeObject>(
  client: Client,
  of: Resource<T>,
  options: ListOptions,
  visit: (object: T) => void,
): Promise<void> {
  let page: ListOptions = { ...options, limit: pageSize };
  for (;;) {
    const { items, metadata } = await client.list(of, page);
    for (const item of items) visit(item);
    const next = metadata.continue;
    if (next === undefined || next === "") return;
    page = { ...options, limit: pageSize, continue: next };
  }
}
