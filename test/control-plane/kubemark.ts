import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { binaryPath, ensureBinaries } from "./binaries.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { KubernetesVersion } from "./pinned-modules.ts";
import { createProcessGroup, freePorts, type ManagedProcess } from "./processes.ts";

/** What a process of kubemark plays. */
export type Morph = "kubelet" | "proxy";

/** Settings of {@link startKubemark}; all but the first have defaults. */
export interface KubemarkOptions {
  /** Where the nodes register, as the user hollow. */
  readonly plane: Pick<ControlPlane, "version" | "hollowKubeconfigPath">;
  /** Of kubemark. Default: that of the control plane. */
  readonly version?: KubernetesVersion;
  /**
   * The names of the nodes. A kubelet looks its name up whenever it computes its status, which
   * takes 20 s where there is no name server; a name that is an IP address is taken as it is.
   */
  readonly names: readonly string[];
  /** Whether each node has a hollow proxy too. Default true. */
  readonly proxy?: boolean;
  /** Arguments after ours for the hollow kubelets. Default: none. */
  readonly kubeletArguments?: readonly string[];
  /**
   * How long after one node the next is started, in milliseconds. Default 1 000: on two cores, ten
   * nodes that start at once starve each other, and what they send is then chance.
   */
  readonly startEveryMs?: number;
  /** A kubeconfig other than the plane's. */
  readonly kubeconfigPath?: string;
  /** Takes each line of progress. Default: stderr. */
  readonly report?: (line: string) => void;
}

/** One process of a kubemark node. */
export interface KubemarkProcess {
  readonly node: string;
  readonly morph: Morph;
  readonly pid: number;
  readonly isRunning: boolean;
}

/** Kubemark's nodes, two processes each; disposing ends them and removes their folder. */
export interface Kubemark extends AsyncDisposable {
  /** Holds `kubelet-NODE.log` and `proxy-NODE.log`. */
  readonly logFolder: string;
  /** The latest process of each node and morph, also one that has ended. */
  readonly processes: readonly KubemarkProcess[];
  /** Ends what runs of these nodes; all if none is named. Default SIGKILL, a crash. */
  stop(nodes?: readonly string[], signal?: NodeJS.Signals): Promise<void>;
  /** Starts the processes of these nodes, one node after the other; all if none is named. */
  start(nodes?: readonly string[]): Promise<void>;
}

/**
 * Starts the real kubemark of a version: `--morph=kubelet` with its own fake image service, so
 * that it needs no containerd, and `--morph=proxy`, for each name. Returns when they are started,
 * not when they are Ready. From 1.30 to 1.33 the proxies panic as soon as they see their Node
 * (kubernetes/kubernetes#133526); they stay down, as nothing here starts them again.
 *
 * @throws BuildError if the binary cannot be had.
 */
export async function startKubemark(options: KubemarkOptions): Promise<Kubemark> {
  const version = options.version ?? options.plane.version;
  const report = options.report ?? ((line) => process.stderr.write(`${line}\n`));
  const binaries = await ensureBinaries(version, { names: ["kubemark"], report });
  const path = binaryPath(binaries, "kubemark");
  const ports = await freePorts(options.names.length);
  const group = await createProcessGroup("hollowmark-kubemark-");
  const latest = new Map<string, { node: string; morph: Morph; managed: ManagedProcess }>();
  const startProcess = (node: string, morph: Morph): void => {
    const port = ports[options.names.indexOf(node)];
    const key = `${morph}-${node}`;
    const args = kubemarkArguments(options, { node, morph, port: port ?? 0 });
    latest.set(key, { node, morph, managed: group.start(key, path, args) });
  };
  const start = async (nodes: readonly string[] = options.names): Promise<void> => {
    for (const [index, node] of nodes.entries()) {
      if (index > 0) await delay(options.startEveryMs ?? 1_000);
      startProcess(node, "kubelet");
      if (options.proxy ?? true) startProcess(node, "proxy");
    }
  };
  try {
    await start();
  } catch (error) {
    await group[Symbol.asyncDispose]();
    throw error;
  }
  return {
    logFolder: group.folder,
    get processes() {
      return [...latest.values()].map(({ node, morph, managed }) => ({
        node,
        morph,
        pid: managed.pid,
        isRunning: managed.isRunning(),
      }));
    },
    async stop(nodes = options.names, signal = "SIGKILL") {
      const chosen = [...latest.values()].filter(({ node }) => nodes.includes(node));
      await Promise.all(chosen.map(({ managed }) => managed.stop(signal)));
    },
    start,
    async [Symbol.asyncDispose]() {
      await Promise.all([...latest.values()].map(({ managed }) => managed.stop()));
      const roots = await rootFolders(group.folder);
      await group[Symbol.asyncDispose]();
      for (const root of roots) await rm(root, { recursive: true, force: true });
    },
  };
}

/** The folders that the kubelets made in /tmp, whatever TMPDIR says, and never remove. */
async function rootFolders(logFolder: string): Promise<readonly string[]> {
  const files = (await readdir(logFolder)).filter((file) => /^kubelet-.*\.log$/.test(file));
  const logs = await Promise.all(files.map((file) => readFile(join(logFolder, file), "utf8")));
  return logs.flatMap((log) =>
    [...log.matchAll(/Using (\/tmp\/hollow-kubelet\.\d+) as root dir/g)].flatMap(
      ([, folder]) => folder ?? [],
    ),
  );
}

function kubemarkArguments(
  options: KubemarkOptions,
  { node, morph, port }: { readonly node: string; readonly morph: Morph; readonly port: number },
): readonly string[] {
  const common = [
    `--morph=${morph}`,
    `--name=${node}`,
    `--kubeconfig=${options.kubeconfigPath ?? options.plane.hollowKubeconfigPath}`,
  ];
  if (morph === "proxy") return common;
  return [
    ...common,
    "--use-host-image-service=false",
    `--kubelet-port=${port}`,
    "--kubelet-read-only-port=0",
    ...(options.kubeletArguments ?? []),
  ];
}
