import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { addToKubeconfigFile, removeFromKubeconfigFile } from "../../client/index.ts";
import type { ControlPlane } from "../../cluster/index.ts";
import type { CommandContext, ExitCode } from "../command-context.ts";
import { type UpSettings, upOptions } from "../options/fleet-settings.ts";
import { readSettings, runCluster } from "./run-cluster.ts";

/** `hollowmark up` */
export async function up(
  flags: Readonly<Record<string, unknown>>,
  context: CommandContext,
): Promise<ExitCode> {
  const file = await readSettings(flags, upOptions);
  await using kubeconfig = await openKubeconfig(file.settings);
  const { port, bindAddress } = file.settings;
  const command = {
    controlPlane: "embedded" as const,
    embedded: {
      ...(port === undefined ? {} : { port }),
      ...(bindAddress === undefined ? {} : { bindAddress }),
    },
    async opened(controlPlane: ControlPlane) {
      await kubeconfig.write(controlPlane);
      return kubeconfig.path;
    },
  };
  // Awaited here, or the kubeconfig would be gone before the cluster is up.
  return await runCluster(command, file, context);
}

interface WrittenKubeconfig extends AsyncDisposable {
  readonly path: string;
  write(controlPlane: ControlPlane): Promise<void>;
}

/**
 * The kubeconfig that leads to the cluster: the user's file, from which our entry is taken out
 * again at the end, or one in a temporary folder, which goes altogether.
 */
async function openKubeconfig({ kubeconfig, fleet }: UpSettings): Promise<WrittenKubeconfig> {
  const name = fleet === undefined ? "hollowmark" : `hollowmark-${fleet}`;
  const folder =
    kubeconfig === undefined ? await mkdtemp(join(tmpdir(), "hollowmark-")) : undefined;
  const path = resolve(kubeconfig ?? join(folder ?? "", "kubeconfig"));
  // Also on an exit that does not wait, at a second Ctrl-C.
  const removeFolder = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", removeFolder);
  let isWritten = false;
  return {
    path,
    async write({ access }) {
      if (access === undefined) return;
      const { server, caPem, clientCertPem, clientKeyPem } = access;
      await addToKubeconfigFile(path, {
        name,
        server,
        ca: caPem,
        cert: clientCertPem,
        key: clientKeyPem,
      });
      isWritten = true;
    },
    async [Symbol.asyncDispose]() {
      process.removeListener("exit", removeFolder);
      removeFolder();
      if (folder === undefined && isWritten) await removeFromKubeconfigFile(path, name);
    },
  };
}
