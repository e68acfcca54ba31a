import type { CommandContext, ExitCode } from "../command-context.ts";
import { joinOptions } from "../options/fleet-settings.ts";
import { existingCluster } from "./existing-cluster.ts";
import { readSettings, runCluster } from "./run-cluster.ts";

/** `hollowmark join` */
export async function join(
  flags: Readonly<Record<string, unknown>>,
  context: CommandContext,
): Promise<ExitCode> {
  const file = await readSettings(flags, joinOptions);
  const connection = await existingCluster(file.settings, context);
  const command = {
    controlPlane: { connection },
    opened: async () => undefined,
  };
  return runCluster(command, file, context);
}
