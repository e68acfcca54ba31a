import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startKwok } from "../test/control-plane/kwok.ts";
import { cpuMsOf, rssBytesOf } from "../test/control-plane/proc-stat.ts";
import { type HollowmarkProcess, startHollowmark } from "../test/harness/hollowmark-process.ts";
import { kubectlRunner } from "./kubectl.ts";
import { timeUntilReady, timeUntilRunning } from "./loads.ts";
import { type Figure, megabytes, seconds } from "./results.ts";

const timeoutMs = 300_000;
const idleMs = 60_000;

/** The embedded control plane against `kwokctl create cluster` and `kwokctl scale`. */
export async function benchEmbedded(): Promise<readonly Figure[]> {
  const kwok = await kwokReadyMs();
  const small = await withHollowmark(1_000, async ({ readyMs }) => readyMs);
  const pods = await withHollowmark(1_000, runPods);
  const large = await withHollowmark(5_000, measureIdle);
  const kwokNote = (nodes: 1_000 | 5_000): string => `kwokctl ${seconds(kwok[nodes])}`;
  return [
    {
      name: "embedded-1000-ready-ratio",
      value: small / kwok[1_000],
      note: `ours ${seconds(small)}, ${kwokNote(1_000)}`,
    },
    {
      name: "embedded-5000-ready-ratio",
      value: large.readyMs / kwok[5_000],
      note: `ours ${seconds(large.readyMs)}, ${kwokNote(5_000)}`,
    },
    {
      name: "embedded-5000-idle-rss-mb",
      value: large.rssBytes / 1e6,
      note: `the whole process, after ${seconds(idleMs)}`,
    },
    {
      name: "embedded-5000-idle-core-percent",
      value: (large.cpuMs / idleMs) * 100,
      note: `${seconds(large.cpuMs)} CPU in ${seconds(idleMs)}`,
    },
    {
      name: "embedded-5000-pods-running-s",
      value: pods / 1_000,
      note: "kubectl create deployment --replicas=5000, 1,000 nodes",
    },
  ];
}

/** From the command until another client has seen all Ready, for 1,000 and for 5,000 nodes. */
async function kwokReadyMs(): Promise<Readonly<Record<1_000 | 5_000, number>>> {
  await using kwok = await startKwok({ version: "v1.34.4" });
  const { kubeconfigPath } = kwok;
  const scaleTo = (count: number): Promise<number> =>
    timeUntilReady({ kubeconfigPath, timeoutMs }, count, () => kwok.scale("node", count));
  const first = await scaleTo(1_000);
  const rest = await scaleTo(5_000);
  return { 1000: kwok.createMs + first, 5000: kwok.createMs + first + rest };
}

interface Running {
  readonly hollowmark: HollowmarkProcess;
  readonly kubeconfigPath: string;
  /** From the command until another client has seen all Ready. */
  readonly readyMs: number;
}

async function withHollowmark<T>(nodes: number, use: (running: Running) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "hollowmark-bench-"));
  const kubeconfigPath = join(folder, "kubeconfig");
  try {
    const beganMs = performance.now();
    await using hollowmark = startHollowmark([
      ...["up", "--profile", "light", "--nodes", String(nodes), "--kubeconfig", kubeconfigPath],
    ]);
    while (!existsSync(kubeconfigPath)) await delay(10);
    await timeUntilReady({ kubeconfigPath, timeoutMs }, nodes, async () => {});
    const readyMs = performance.now() - beganMs;
    const result = await use({ hollowmark, kubeconfigPath, readyMs });
    await hollowmark.stop();
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureIdle({ hollowmark, readyMs }: Running): Promise<{
  readonly readyMs: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
}> {
  await delay(15_000);
  const beforeMs = await cpuMsOf(hollowmark.pid);
  await delay(idleMs);
  const cpuMs = (await cpuMsOf(hollowmark.pid)) - beforeMs;
  const rssBytes = await rssBytesOf(hollowmark.pid);
  console.log(`5,000 nodes idle: ${megabytes(rssBytes)}, ${seconds(cpuMs)} CPU`);
  return { readyMs, cpuMs, rssBytes };
}

async function runPods({ kubeconfigPath }: Running): Promise<number> {
  const kubectl = await kubectlRunner(kubeconfigPath);
  return timeUntilRunning({ kubeconfigPath, timeoutMs }, 5_000, kubectl);
}
