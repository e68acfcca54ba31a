import { binaryPath, ensureBinaries } from "../test/control-plane/binaries.ts";
import { runCommand } from "../test/control-plane/processes.ts";

/** kubectl on a cluster. What it runs has to succeed. */
export async function kubectlRunner(
  kubeconfigPath: string,
): Promise<(args: readonly string[]) => Promise<string>> {
  const path = binaryPath(await ensureBinaries("v1.34.4"), "kubectl");
  return async (args) => {
    const { code, stdout, stderr } = await runCommand(path, [
      `--kubeconfig=${kubeconfigPath}`,
      ...args,
    ]);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
}
