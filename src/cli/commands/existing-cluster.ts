import { loadKubeconfig, type ServerConnection } from "../../client/index.ts";
import type { CommandContext } from "../command-context.ts";
import type { JoinSettings } from "../options/fleet-settings.ts";
import { createLineLog } from "../output/log.ts";

/** The cluster that `--kubeconfig` and `--context` name. @throws KubeconfigError */
export function existingCluster(
  settings: Pick<JoinSettings, "kubeconfig" | "context" | "verbosity" | "output">,
  { environment, clock, terminal }: CommandContext,
): Promise<ServerConnection> {
  const { kubeconfig, context, verbosity = 0, output = "text" } = settings;
  const log = createLineLog(
    { verbosity, format: output, write: (line) => terminal.note(line) },
    clock,
  );
  return loadKubeconfig(
    {
      ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
      ...(context === undefined ? {} : { context }),
      variables: environment,
    },
    { clock, log },
  );
}
