import type { Log } from "../../base/log.ts";
import type { CommandContext } from "../command-context.ts";
import type { FleetSettings } from "../options/fleet-settings.ts";
import { createLineLog } from "../output/log.ts";

/** The log of a command, to standard error, as `--verbosity` and `--output` want it. */
export function commandLog(
  { verbosity = 0, output = "text" }: Pick<FleetSettings, "verbosity" | "output">,
  { terminal, clock }: Pick<CommandContext, "terminal" | "clock">,
): Log {
  return createLineLog({ verbosity, format: output, write: (line) => terminal.note(line) }, clock);
}
