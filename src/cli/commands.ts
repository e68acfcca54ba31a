import type { CommandContext, ExitCode } from "./command-context.ts";
import { joinOptions, leaveOptions, statusOptions, upOptions } from "./options/fleet-settings.ts";
import type { OptionRow } from "./options/option-table.ts";

type Flags = Readonly<Record<string, unknown>>;

/** One command. What it runs is loaded when it runs, so that `--help` stays quick. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionRow<unknown>>>;
  /** Whether it has `--config`. */
  readonly takesFile: boolean;
  readonly examples: readonly string[];
  run(flags: Flags, context: CommandContext): Promise<ExitCode>;
}

const up: CommandSpec = {
  name: "up",
  summary: "run a control plane of its own with hollow nodes, until Ctrl-C",
  options: upOptions,
  takesFile: true,
  examples: [
    "hollowmark up",
    "hollowmark up --nodes 1000 --kubeconfig hollow.kubeconfig --port 6443",
    "hollowmark up --config fleet.yaml",
  ],
  run: async (flags, context) => (await import("./commands/up.ts")).up(flags, context),
};

const join: CommandSpec = {
  name: "join",
  summary: "add hollow nodes to an existing cluster, until Ctrl-C",
  options: joinOptions,
  takesFile: true,
  examples: [
    "hollowmark join --kubeconfig ~/.kube/config --nodes 1000",
    "hollowmark join --context staging --nodes 5000 --fleet load --on-exit keep",
  ],
  run: async (flags, context) => (await import("./commands/join.ts")).join(flags, context),
};

const leave: CommandSpec = {
  name: "leave",
  summary: "remove what a fleet left in a cluster: its Nodes, Leases and CSINodes",
  options: leaveOptions,
  takesFile: false,
  examples: ["hollowmark leave --kubeconfig ~/.kube/config --fleet load"],
  run: async (flags, context) => (await import("./commands/leave.ts")).leave(flags, context),
};

const status: CommandSpec = {
  name: "status",
  summary: "show the fleets in a cluster: nodes by state, Leases, pods; fails unless all are Ready",
  options: statusOptions,
  takesFile: false,
  examples: [
    "hollowmark status --kubeconfig ~/.kube/config",
    "hollowmark status --fleet load -o json",
  ],
  run: async (flags, context) => (await import("./commands/status.ts")).status(flags, context),
};

export const commands: readonly CommandSpec[] = [up, join, status, leave];
