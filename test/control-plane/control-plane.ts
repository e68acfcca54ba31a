import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { binaryPath, ensureBinaries } from "./binaries.ts";
import {
  type AuditScope,
  auditPolicies,
  type ComponentName,
  type ExtraArguments,
  fileNames,
  kubeconfig,
  type Layout,
  tokenFile,
  tokens,
} from "./component-arguments.ts";
import { createComponents } from "./components.ts";
import type { KubernetesVersion } from "./pinned-modules.ts";
import { cpuMsOf, rssBytesOf } from "./proc-stat.ts";
import { type CommandResult, createProcessGroup, freePorts, runCommand } from "./processes.ts";

/** Settings of {@link startControlPlane}; all but the version have defaults. */
export interface ControlPlaneOptions {
  readonly version: KubernetesVersion;
  /** Default true. Without it nothing makes ServiceAccounts, so pods need none. */
  readonly controllerManager?: boolean;
  /** Default true. */
  readonly scheduler?: boolean;
  /** What is logged to `auditLogPath`. Default: nothing. */
  readonly audit?: AuditScope;
  /** Requests per second that controller-manager and scheduler may send. Default 5 000. */
  readonly qps?: number;
  /** Arguments after ours, by component; the last of a kind counts. */
  readonly extraArguments?: ExtraArguments;
  /** Takes each line of progress. Default: stderr. */
  readonly report?: (line: string) => void;
}

/** A running control plane in a folder of its own; disposing ends it and removes the folder. */
export interface ControlPlane extends AsyncDisposable {
  readonly version: KubernetesVersion;
  /** Such as "https://127.0.0.1:38211". Stays the same when kube-apiserver restarts. */
  readonly url: string;
  /** Contexts "admin" (current), "hollow" (both with all rights) and "nobody-much" (none). */
  readonly kubeconfigPath: string;
  /** The same with "hollow" current: whoever uses it can be told apart in the audit log. */
  readonly hollowKubeconfigPath: string;
  readonly adminToken: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly caFile: string;
  /** Path of kubectl, of the server's version. */
  readonly kubectlPath: string;
  /** JSON lines of audit.k8s.io/v1 Event, if `audit` was asked for. */
  readonly auditLogPath: string;
  /** What runs now. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** Runs kubectl as admin; a later `--context` in the arguments wins. Killed after 120 s. */
  kubectl(args: readonly string[], stdin?: string): Promise<CommandResult>;
  /** Ends kube-apiserver. Default SIGKILL, a crash; SIGTERM first completes its requests. */
  stopApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** Starts kube-apiserver on its old port, and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** One after the other. */
  restartApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** CPU time of a process since its start, in milliseconds. */
  cpuMs(name: ComponentName): Promise<number>;
  /** Resident memory of a process now, in bytes. */
  rssBytes(name: ComponentName): Promise<number>;
}

const kubectlTimeoutMs = 120_000;
const defaultQps = 5_000;

/**
 * Starts etcd, kube-apiserver and, unless told otherwise, kube-controller-manager and
 * kube-scheduler, all on free ports of the loopback address, and waits until they are ready.
 * Builds what is not there yet (see {@link ensureBinaries}).
 *
 * @throws BuildError if the binaries cannot be had.
 * @throws ComponentError if a process ends, or is not ready within two minutes.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const report = options.report ?? ((line) => process.stderr.write(`${line}\n`));
  const binaries = new Map([
    ...(await ensureBinaries("etcd", { report })),
    ...(await ensureBinaries(options.version, { report })),
  ]);
  const group = await createProcessGroup("hollowmark-control-plane-");
  try {
    const layout = await createLayout(group.folder, options);
    const path = (name: keyof typeof fileNames): string => join(group.folder, fileNames[name]);
    await writeFiles(layout);
    const components = createComponents(group, layout, binaries);
    await components.startAll();
    const kubectlPath = binaryPath(binaries, "kubectl");
    const flags = [
      `--kubeconfig=${path("kubeconfig")}`,
      `--cache-dir=${join(group.folder, "kubectl-cache")}`,
    ];
    return {
      version: options.version,
      url: layout.url,
      kubeconfigPath: path("kubeconfig"),
      hollowKubeconfigPath: path("hollowKubeconfig"),
      adminToken: tokens.admin,
      caFile: path("serverCertificate"),
      kubectlPath,
      auditLogPath: path("auditLog"),
      get processes() {
        return components.running().map(({ name, pid }) => ({ name, pid }));
      },
      kubectl: (args, stdin = "") =>
        runCommand(kubectlPath, [...flags, ...args], { stdin, timeoutMs: kubectlTimeoutMs }),
      stopApiServer: (signal) => components.get("kube-apiserver").stop(signal),
      startApiServer: () => components.startApiServer(),
      async restartApiServer(signal) {
        await components.get("kube-apiserver").stop(signal);
        await components.startApiServer();
      },
      cpuMs: (name) => cpuMsOf(components.get(name).pid),
      rssBytes: (name) => rssBytesOf(components.get(name).pid),
      [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
    };
  } catch (error) {
    await group[Symbol.asyncDispose]();
    throw error;
  }
}

async function createLayout(folder: string, options: ControlPlaneOptions): Promise<Layout> {
  const [etcdClient = 0, etcdPeer = 0, apiServer = 0, controllerManager = 0, scheduler = 0] =
    await freePorts(5);
  return {
    folder,
    url: `https://127.0.0.1:${apiServer}`,
    ports: { etcdClient, etcdPeer, apiServer, controllerManager, scheduler },
    qps: options.qps ?? defaultQps,
    hasControllerManager: options.controllerManager ?? true,
    hasScheduler: options.scheduler ?? true,
    audit: options.audit,
    extraArguments: options.extraArguments ?? {},
  };
}

async function writeFiles(layout: Layout): Promise<void> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const caFile = join(layout.folder, fileNames.serverCertificate);
  const files = {
    [fileNames.kubeconfig]: kubeconfig(layout.url, caFile, "admin"),
    [fileNames.hollowKubeconfig]: kubeconfig(layout.url, caFile, "hollow"),
    [fileNames.tokens]: tokenFile(),
    [fileNames.serviceAccountKey]: privateKey.export({ type: "pkcs1", format: "pem" }),
    [fileNames.auditPolicy]: auditPolicies[layout.audit ?? "metadata"],
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(layout.folder, name), content, { mode: 0o600 });
  }
}
