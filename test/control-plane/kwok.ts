import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { binaryPath, ensureBinaries } from "./binaries.ts";
import type { KubernetesVersion } from "./pinned-modules.ts";
import { cpuMsOf, rssBytesOf } from "./proc-stat.ts";
import {
  type CommandResult,
  createProcessGroup,
  lastLines,
  type ProcessGroup,
  runCommand,
} from "./processes.ts";

/** The processes of a KWOK cluster, by KWOK's names. */
type KwokProcessName =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kwok-controller";

/** kwokctl failed. The message ends with what it said. */
export class KwokError extends Error {
  override readonly name = "KwokError";
}

/** Settings of {@link startKwok}; all but the version have defaults. */
export interface KwokOptions {
  /** Of the control plane that kwokctl starts. */
  readonly version: KubernetesVersion;
  /** More flags by process, such as `{ etcd: { "unsafe-no-fsync": "true" } }`, without dashes. */
  readonly extraFlags?: Partial<
    Readonly<Record<KwokProcessName, Readonly<Record<string, string>>>>
  >;
  /** Takes each line of progress. Default: stderr. */
  readonly report?: (line: string) => void;
}

/** A running KWOK cluster in a folder of its own; disposing ends it and removes the folder. */
export interface Kwok extends AsyncDisposable {
  readonly version: KubernetesVersion;
  /** Its current context has all rights, by a client certificate. */
  readonly kubeconfigPath: string;
  /** How long `kwokctl create cluster` took until the cluster was ready, in milliseconds. */
  readonly createMs: number;
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** `kwokctl scale`: returns when the objects are created, which is before nodes are Ready. */
  scale(resource: "node" | "pod", replicas: number): Promise<void>;
  /** Runs kubectl with all rights. */
  kubectl(args: readonly string[], stdin?: string): Promise<CommandResult>;
  /** CPU time of a process since its start, in milliseconds. Default: KWOK's own controller. */
  cpuMs(name?: KwokProcessName): Promise<number>;
  /** Resident memory of a process now, in bytes. Default: KWOK's own controller. */
  rssBytes(name?: KwokProcessName): Promise<number>;
}

const clusterName = "peer";

/**
 * Starts KWOK v0.8.0 as its users do: `kwokctl create cluster --runtime binary`, with the limits on
 * requests off, and a control plane of its own. Builds what is not there yet.
 *
 * @throws BuildError if the binaries cannot be had.
 * @throws KwokError if the cluster is not ready within a minute.
 */
export async function startKwok(options: KwokOptions): Promise<Kwok> {
  const report = options.report ?? ((line) => process.stderr.write(`${line}\n`));
  const binaries = new Map<string, string>();
  for (const target of ["etcd", "etcdctl", options.version, "kwok"] as const) {
    for (const [name, path] of await ensureBinaries(target, { report })) binaries.set(name, path);
  }
  const group = await createProcessGroup("hollowmark-kwok-");
  try {
    const workFolder = join(group.folder, "kwok");
    const kwokctl = async (args: readonly string[]): Promise<void> => {
      const environment = { ...process.env, KWOK_WORKDIR: workFolder, HOME: group.folder };
      const path = binaryPath(binaries, "kwokctl");
      const result = await runCommand(path, [...args, `--name=${clusterName}`], { environment });
      if (result.code === 0) return;
      throw new KwokError(`kwokctl ${args.join(" ")} failed:\n${lastLines(result.stderr, 10)}`);
    };
    const kubeconfigPath = join(group.folder, "kubeconfig");
    const configPath = join(group.folder, "kwokctl.yaml");
    await mkdir(workFolder);
    await writeFile(configPath, kwokctlConfiguration(binaries, options));
    const startedMs = performance.now();
    try {
      await kwokctl([
        ...["create", "cluster", `--config=${configPath}`, `--kubeconfig=${kubeconfigPath}`],
        ...["--disable-qps-limits", "--wait=60s"],
      ]);
    } finally {
      await adoptProcesses(group, workFolder); // Also those of a cluster that came up in part.
    }
    const createMs = performance.now() - startedMs;
    const pids = await readPids(workFolder);
    const kubectlPath = binaryPath(binaries, "kubectl");
    const flags = [
      `--kubeconfig=${kubeconfigPath}`,
      `--cache-dir=${join(group.folder, "kubectl-cache")}`,
    ];
    return {
      version: options.version,
      kubeconfigPath,
      createMs,
      processes: [...pids].map(([name, pid]) => ({ name, pid })),
      scale: (resource, replicas) => kwokctl(["scale", resource, `--replicas=${replicas}`]),
      kubectl: (args, stdin = "") => runCommand(kubectlPath, [...flags, ...args], { stdin }),
      cpuMs: async (name = "kwok-controller") => cpuMsOf(pidOf(pids, name)),
      rssBytes: async (name = "kwok-controller") => rssBytesOf(pidOf(pids, name)),
      [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
    };
  } catch (error) {
    await group[Symbol.asyncDispose]();
    throw error;
  }
}

/** kwokctl's configuration: our binaries, and the loopback address instead of every address. */
function kwokctlConfiguration(binaries: ReadonlyMap<string, string>, options: KwokOptions): string {
  const patches = Object.entries(options.extraFlags ?? {}).map(([name, flags]) => ({
    name,
    extraArgs: Object.entries(flags).map(([key, value]) => ({ key, value })),
  }));
  return JSON.stringify({
    apiVersion: "config.kwok.x-k8s.io/v1alpha1",
    kind: "KwokctlConfiguration",
    options: {
      runtime: "binary",
      bindAddress: "127.0.0.1",
      kubeVersion: options.version,
      etcdBinary: binaryPath(binaries, "etcd"),
      etcdctlBinary: binaryPath(binaries, "etcdctl"),
      kubectlBinary: binaryPath(binaries, "kubectl"),
      kubeApiserverBinary: binaryPath(binaries, "kube-apiserver"),
      kubeControllerManagerBinary: binaryPath(binaries, "kube-controller-manager"),
      kubeSchedulerBinary: binaryPath(binaries, "kube-scheduler"),
      kwokControllerBinary: binaryPath(binaries, "kwok"),
    },
    componentsPatches: patches,
  });
}

async function adoptProcesses(group: ProcessGroup, workFolder: string): Promise<void> {
  for (const pid of (await readPids(workFolder)).values()) group.adopt(pid);
}

/** Process ids by name, from the files that kwokctl writes. */
async function readPids(workFolder: string): Promise<ReadonlyMap<string, number>> {
  const folder = join(workFolder, "clusters", clusterName, "pids");
  const pids = new Map<string, number>();
  for (const file of await readdir(folder).catch(() => [])) {
    const pid = Number(await readFile(join(folder, file), "utf8"));
    if (Number.isSafeInteger(pid) && pid > 0) pids.set(file.replace(/\.pid$/, ""), pid);
  }
  return pids;
}

function pidOf(pids: ReadonlyMap<string, number>, name: KwokProcessName): number {
  const pid = pids.get(name);
  if (pid === undefined) throw new KwokError(`kwokctl started no process ${name}`);
  return pid;
}
