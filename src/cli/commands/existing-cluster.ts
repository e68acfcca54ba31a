import { loadKubeconfig, type ServerConnection } from "../../client/index.ts";
import type { CommandContext } from "../command-context.ts";
import type { JoinSettings } from "../options/fleet-settings.ts";
import { commandLog } from "./command-log.ts";

/** The cluster that `--kubeconfig` and `--context` name. @throws KubeconfigError */
export function existingCluster(
  settings: Pick<JoinSettings, "kubeconfig" | "context" | "verbosity" | "output">,
  context: CommandContext,
): Promise<ServerConnection> {
  const { kubeconfig, context: contextName } = settings;
  return loadKubeconfig(
    {
      ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
      ...(contextName === undefined ? {} : { context: contextName }),
      variables: context.environment,
    },
    { clock: context.clock, log: commandLog(settings, context) },
  );
}
