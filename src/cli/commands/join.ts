import type { CommandContext, ExitCode } from "../command-context.ts";
import { joinOptions } from "../options/fleet-settings.ts";
import { readSettings, runCluster } from "./run-cluster.ts";

/** `hollowmark join` */
export async function join(
  flags: Readonly<Record<string, unknown>>,
  context: CommandContext,
): Promise<ExitCode> {
  const file = await readSettings(flags, joinOptions);
  const { kubeconfig, context: contextName } = file.settings;
  const command = {
    controlPlane: {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(contextName === undefined ? {} : { context: contextName }),
      variables: context.environment,
    },
    opened: async () => undefined,
  };
  return runCluster(command, file, context);
}
