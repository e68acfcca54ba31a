import { onAbort } from "../../base/on-abort.ts";
import { OptionError } from "../../base/option-error.ts";
import {
  type Cluster,
  type ClusterOptions,
  type ClusterProgress,
  type ControlPlane,
  createCluster,
  createSystemEnv,
} from "../../cluster/index.ts";
import type { NodeGroupOptions } from "../../fleet/index.ts";
import type { CommandContext, ExitCode } from "../command-context.ts";
import { readFleetFile } from "../options/fleet-file.ts";
import type { FleetSettings, GroupSettings } from "../options/fleet-settings.ts";
import { flagName, type OptionTable, readFlags } from "../options/option-table.ts";
import { needsOfFleet, toAccess, toFleet, toGroup } from "../options/to-fleet.ts";
import { clusterReport, nodesLine } from "../output/report.ts";
import { checkResources } from "../resource-checks.ts";
import { StopRequest } from "../signals.ts";
import { commandLog } from "./command-log.ts";
import { observeFleet } from "./fleet-observation.ts";

type Flags = Readonly<Record<string, unknown>>;

/** What a command was asked to do. */
export interface CommandInput<T> {
  readonly settings: Partial<T>;
  readonly groups: readonly GroupSettings[];
  /** How the user wrote an option: `--nodes`, or `fleet.yaml: groups[1].count`. */
  readonly nameOf: (group: number, option: keyof NodeGroupOptions) => string;
}

/**
 * The settings of a command: the fleet file's, and over them those of the flags.
 *
 * @throws OptionError
 */
export async function readSettings<T extends FleetSettings>(
  flags: Flags,
  table: OptionTable<T>,
): Promise<CommandInput<T>> {
  const given = readFlags(table, flags);
  const file = flags["config"];
  if (typeof file !== "string") {
    return { settings: given, groups: [], nameOf: (_, option) => flagOf(option) };
  }
  const { settings, groups } = await readFleetFile(file, table);
  if (groups.length > 0 && "nodes" in given) {
    throw new OptionError("--nodes", `expected none beside the groups of ${file}`);
  }
  return {
    settings: { ...settings, ...given },
    groups,
    nameOf(group, option) {
      if (groups[group] !== undefined) return `${file}: groups[${group}].${option}`;
      const key = keyOf(option);
      return key in given ? flagOf(option) : `${file}: ${key}`;
    },
  };
}

/** Nodes without groups are one group, whose count is called otherwise. */
function keyOf(option: keyof NodeGroupOptions): string {
  return option === "count" ? "nodes" : option;
}

function flagOf(option: keyof NodeGroupOptions): string {
  return `--${flagName(keyOf(option))}`;
}

/** What differs between the commands that run a fleet. */
export interface ClusterCommand {
  readonly controlPlane: NonNullable<ClusterOptions["controlPlane"]>;
  readonly embedded?: NonNullable<ClusterOptions["embedded"]>;
  /** Once the control plane answers. Returns the kubeconfig that leads to it, if one was written. */
  opened(controlPlane: ControlPlane): Promise<string | undefined>;
}

/**
 * Brings the cluster up, reports, and keeps it until the process is asked to stop or the fleet is
 * lost; then ends it.
 *
 * @throws whatever kept it from coming up
 */
export async function runCluster(
  command: ClusterCommand,
  input: CommandInput<FleetSettings>,
  context: CommandContext,
): Promise<ExitCode> {
  const { settings } = input;
  const { terminal, clock, stop } = context;
  const beganMs = clock.monotonicMs();
  const output = settings.output ?? "text";
  const options = toClusterOptions(command, input);
  const needs = needsOfFleet(input, options);
  for (const warning of await checkResources(needs)) terminal.note(`Warning: ${warning}`);
  await using observation = await observeFleet(settings, clock);
  const { metrics, metricsUrl } = observation;
  const env = createSystemEnv({ log: commandLog(settings, context), metrics });
  let kubeconfig: string | undefined;
  const onProgress = async (progress: ClusterProgress): Promise<void> => {
    if (progress.kind === "nodes") {
      observation.observe(() => progress.status);
      terminal.progress(nodesLine(progress.status));
      return;
    }
    if (progress.kind === "workers") {
      observation.addFamilies(() => progress.families());
      terminal.note(`The nodes run in ${progress.workers} worker threads`);
      return;
    }
    const { controlPlane } = progress;
    kubeconfig = await command.opened(controlPlane);
    terminal.note(`Kubernetes ${controlPlane.version} at ${controlPlane.url}`);
    if (settings.profile === "light") terminal.note(lightNote);
  };
  try {
    const fleet = { ...options.fleet, ...(metricsUrl === undefined ? {} : { metricsUrl }) };
    const cluster = await createCluster({ ...options, fleet, signal: stop, onProgress }, env);
    observation.observe(() => cluster.status());
    terminal.progressDone();
    const seconds = (clock.monotonicMs() - beganMs) / 1_000;
    for (const line of clusterReport({ cluster, kubeconfig, metricsUrl, seconds }, output))
      terminal.print(line);
    return await keepUntilStopped(cluster, settings, context);
  } catch (error) {
    // Asked to stop before all nodes were Ready: what was started is gone again.
    if (error instanceof StopRequest) return 0;
    throw error;
  }
}

async function keepUntilStopped(
  cluster: Cluster,
  settings: FleetSettings,
  { terminal, stop }: CommandContext,
): Promise<ExitCode> {
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    onAbort(stop, resolve);
  });
  try {
    await Promise.race([stopped, cluster.failed]);
  } finally {
    const removing = cluster.controlPlane.kind === "existing" && settings.onExit !== "keep";
    terminal.note(removing ? "Stopping, and removing the nodes …" : "Stopping …");
    const { reregistrations } = cluster.status();
    await cluster[Symbol.asyncDispose]();
    if (reregistrations > 0) {
      terminal.note(`Nodes that others had deleted were registered again: ${reregistrations}`);
    }
  }
  return 0;
}

const lightNote =
  "Profile light: nodes share watches and connections; they have no proxies and send no events.";

const optionNames = { workers: "--workers", logFiles: "--log-file" } as const;

function toClusterOptions(
  command: ClusterCommand,
  { settings, groups, nameOf }: CommandInput<FleetSettings>,
): ClusterOptions {
  const { onExit, readyTimeout, workers, logFile, verbosity = 0 } = settings;
  const wanted = groups.length === 0 ? [{}] : groups;
  return {
    controlPlane: command.controlPlane,
    ...(command.embedded === undefined ? {} : { embedded: command.embedded }),
    fleet: {
      groups: wanted.map((group) => toGroup(settings, group)),
      optionName: nameOf,
      ...toFleet(settings),
    },
    access: toAccess(settings),
    ...(workers === undefined ? {} : { workers }),
    ...(logFile === undefined ? {} : { logFiles: { folder: logFile, verbosity } }),
    optionName: (option) => optionNames[option],
    ...(onExit === undefined ? {} : { onExit }),
    ...(readyTimeout === undefined ? {} : { readyTimeoutMs: readyTimeout }),
  };
}
