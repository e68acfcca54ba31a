import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ControlPlane } from "../../test/control-plane/control-plane.ts";
import { type Kubemark, startKubemark } from "../../test/control-plane/kubemark.ts";
import { type HollowmarkProcess, startHollowmark } from "../../test/harness/hollowmark-process.ts";

/** Whose nodes are recorded. */
export type SubjectName = "kubemark" | "hollowmark";

/** Nodes under observation, as their users run them. */
export interface Subject extends AsyncDisposable {
  readonly name: SubjectName;
  /** The names of the nodes. */
  readonly nodes: readonly string[];
  /** Starts all nodes; returns before they are Ready. Also after {@link kill}. */
  start(): Promise<void>;
  /** Ends all their processes as a crash would. */
  kill(): Promise<void>;
  /** Ends all their processes as an operator would; the Nodes stay. */
  stop(): Promise<void>;
  /** The processes that run now. */
  pids(): readonly number[];
  /** Why its nodes cannot become Ready any more, such as a process that ended; else undefined. */
  failure(): string | undefined;
  /** Writes what they logged into a folder. */
  saveLogs(folder: string): Promise<void>;
}

/** What subjects are made of. */
export interface SubjectOptions {
  readonly plane: ControlPlane;
  /** How many nodes; at most 256. */
  readonly nodeCount: number;
  /** A kubeconfig other than that of the plane's user hollow. */
  readonly kubeconfigPath?: string;
}

/**
 * Both sides use these names, so that what they send can be laid side by side. They are addresses
 * (of RFC 2544, for benchmarks), which kubelets need not look up: see {@link startKubemark}.
 */
const nameTemplate = "198.18.0.{index}";
const nodeLabel = "hollow-node=true";

/** Nodes that nothing has started yet. */
export function createSubject(name: SubjectName, options: SubjectOptions): Subject {
  return name === "kubemark" ? kubemarkSubject(options) : hollowmarkSubject(options);
}

function nodeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => nameTemplate.replace("{index}", `${index}`));
}

function kubemarkSubject({ plane, nodeCount, kubeconfigPath }: SubjectOptions): Subject {
  const names = nodeNames(nodeCount);
  let kubemark: Kubemark | undefined;
  return {
    name: "kubemark",
    nodes: names,
    async start() {
      if (kubemark !== undefined) return kubemark.start();
      kubemark = await startKubemark({
        plane,
        names,
        kubeletArguments: [`--node-labels=${nodeLabel}`],
        ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
      });
    },
    kill: async () => kubemark?.stop(names, "SIGKILL"),
    stop: async () => kubemark?.stop(names, "SIGTERM"),
    pids: () =>
      (kubemark?.processes ?? []).filter(({ isRunning }) => isRunning).map(({ pid }) => pid),
    failure() {
      // Its proxies may end: those of 1.30 to 1.33 panic.
      const gone = kubemark?.processes.find(
        ({ morph, isRunning }) => morph === "kubelet" && !isRunning,
      );
      return gone && `the kubelet of ${gone.node} ended`;
    },
    async saveLogs(folder) {
      if (kubemark === undefined) return;
      await mkdir(folder, { recursive: true });
      for (const file of await readdir(kubemark.logFolder)) {
        if (file.endsWith(".log")) {
          await copyFile(join(kubemark.logFolder, file), join(folder, file));
        }
      }
    },
    [Symbol.asyncDispose]: async () => kubemark?.[Symbol.asyncDispose](),
  };
}

function hollowmarkSubject({ plane, nodeCount, kubeconfigPath }: SubjectOptions): Subject {
  const started: HollowmarkProcess[] = [];
  let hasEnded = false;
  const stopLast = async (signal: NodeJS.Signals): Promise<void> => {
    await started.at(-1)?.stop(signal);
  };
  return {
    name: "hollowmark",
    nodes: nodeNames(nodeCount),
    async start() {
      const run = startHollowmark([
        ...["join", "--kubeconfig", kubeconfigPath ?? plane.hollowKubeconfigPath],
        ...["--profile", "kubemark", "--kubelet-version", plane.version],
        ...["--nodes", `${nodeCount}`, "--name-template", nameTemplate],
        // One after the other, as kubemark's are started.
        ...["--registrations-in-flight", "1", "--on-exit", "keep"],
      ]);
      started.push(run);
      hasEnded = false;
      void run.ended.then(() => {
        hasEnded = true;
      });
    },
    kill: () => stopLast("SIGKILL"),
    stop: () => stopLast("SIGINT"),
    pids: () => (hasEnded ? [] : started.slice(-1).map(({ pid }) => pid)),
    failure: () => (hasEnded ? `it ended:\n${started.at(-1)?.stderr()}` : undefined),
    async saveLogs(folder) {
      await mkdir(folder, { recursive: true });
      for (const [index, run] of started.entries()) {
        await writeFile(join(folder, `hollowmark-${index}.log`), run.stdout() + run.stderr());
      }
    },
    async [Symbol.asyncDispose]() {
      for (const run of started) await run[Symbol.asyncDispose]();
    },
  };
}
