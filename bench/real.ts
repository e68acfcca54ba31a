import { setTimeout as delay } from "node:timers/promises";
import { type Kwok, startKwok } from "../test/control-plane/kwok.ts";
import { cpuMsOf, rssBytesOf } from "../test/control-plane/proc-stat.ts";
import { startHollowmark } from "../test/harness/hollowmark-process.ts";
import { kubectlRunner } from "./kubectl.ts";
import { timeUntilReady, timeUntilRunning } from "./loads.ts";
import { type Figure, megabytes, seconds } from "./results.ts";

const timeoutMs = 600_000;
const idleMs = 60_000;
/** Until what follows from a burst of new nodes is over. */
const settleMs = 20_000;
const version = "v1.34.4";

/** What one side did on a fresh control plane, in the order of the programme below. */
interface SideFigures {
  readonly ready1000WallMs: number;
  readonly ready1000CpuMs: number;
  readonly ready1000RssBytes: number;
  readonly idle5000CpuMs: number;
  readonly idle5000RssBytes: number;
  readonly leaseAgeMaxMs: number;
  readonly pods5000WallMs: number;
  readonly pods5000CpuMs: number;
}

/** A tool that brings nodes to a control plane. */
interface Side {
  readonly kubeconfigPath: string;
  /** Starts to bring the number of nodes up to that. */
  scale(nodes: number): Promise<void>;
  cpuMs(): Promise<number>;
  rssBytes(): Promise<number>;
}

/** Against KWOK on a real kube-apiserver: the same programme for both, each on a fresh control plane. */
export async function benchReal(): Promise<readonly Figure[]> {
  const theirs = await measureKwok();
  const ours = await measureHollowmark();
  const ratio = (
    name: string,
    key: keyof SideFigures,
    show: (value: number) => string,
  ): Figure => ({
    name,
    value: ours[key] / theirs[key],
    note: `ours ${show(ours[key])}, KWOK ${show(theirs[key])}`,
  });
  return [
    ratio("real-1000-ready-wall-ratio", "ready1000WallMs", seconds),
    ratio("real-1000-ready-cpu-ratio", "ready1000CpuMs", seconds),
    ratio("real-1000-ready-rss-ratio", "ready1000RssBytes", megabytes),
    ratio("real-5000-idle-cpu-ratio", "idle5000CpuMs", seconds),
    ratio("real-5000-idle-rss-ratio", "idle5000RssBytes", megabytes),
    {
      name: "real-5000-idle-lease-age-max-s",
      value: ours.leaseAgeMaxMs / 1_000,
      note: `oldest renewTime in five looks; KWOK ${seconds(theirs.leaseAgeMaxMs)}`,
    },
    ratio("real-5000-pods-cpu-ratio", "pods5000CpuMs", seconds),
    ratio("real-5000-pods-wall-ratio", "pods5000WallMs", seconds),
  ];
}

async function measureKwok(): Promise<SideFigures> {
  await using kwok = await startKwok({ version });
  // Awaited here: the cluster must not be gone before the programme is over.
  return await runProgramme({
    kubeconfigPath: kwok.kubeconfigPath,
    scale: (nodes) => kwok.scale("node", nodes),
    cpuMs: () => kwok.cpuMs(),
    rssBytes: () => kwok.rssBytes(),
  });
}

/** On a control plane that kwokctl made too, with its own controller stopped. */
async function measureHollowmark(): Promise<SideFigures> {
  await using plane = await startKwok({ version });
  stopKwokController(plane);
  const processes: ReturnType<typeof startHollowmark>[] = [];
  const sum = async (read: (pid: number) => Promise<number>): Promise<number> => {
    let total = 0;
    for (const { pid } of processes) total += await read(pid);
    return total;
  };
  try {
    return await runProgramme({
      kubeconfigPath: plane.kubeconfigPath,
      scale: async (nodes) => {
        // The same fleet, larger: the one that runs keeps its nodes and the next adopts them.
        for (const running of processes.splice(0)) await running.stop("SIGINT");
        const joined = startHollowmark([
          ...["join", "--kubeconfig", plane.kubeconfigPath],
          ...["--profile", "light", "--nodes", String(nodes), "--on-exit", "keep"],
        ]);
        processes.push(joined);
        await joined.waitFor(/^Kubernetes v/m);
      },
      cpuMs: () => sum(cpuMsOf),
      rssBytes: () => sum(rssBytesOf),
    });
  } finally {
    for (const running of processes) await running[Symbol.asyncDispose]();
  }
}

function stopKwokController(plane: Kwok): void {
  const controller = plane.processes.find(({ name }) => name === "kwok-controller");
  if (controller !== undefined) process.kill(controller.pid, "SIGKILL");
}

async function runProgramme(side: Side): Promise<SideFigures> {
  const kubectl = await kubectlRunner(side.kubeconfigPath);
  const cpuBefore = await side.cpuMs();
  const ready1000WallMs = await nodesReady(side, 1_000);
  const ready1000CpuMs = (await side.cpuMs()) - cpuBefore;
  const ready1000RssBytes = await side.rssBytes();
  await nodesReady(side, 5_000);
  await delay(settleMs);
  const idle = await measureIdle(side, kubectl);
  const pods = await runPods(side, kubectl);
  return { ready1000WallMs, ready1000CpuMs, ready1000RssBytes, ...pods, ...idle };
}

/** How long it takes until there are so many nodes, all Ready. */
function nodesReady(side: Side, count: number): Promise<number> {
  const { kubeconfigPath } = side;
  return timeUntilReady({ kubeconfigPath, timeoutMs }, count, () => side.scale(count));
}

type PodFigures = Pick<SideFigures, "pods5000WallMs" | "pods5000CpuMs">;

async function runPods(
  side: Side,
  kubectl: (args: readonly string[]) => Promise<string>,
): Promise<PodFigures> {
  const cpuBefore = await side.cpuMs();
  const { kubeconfigPath } = side;
  const pods5000WallMs = await timeUntilRunning({ kubeconfigPath, timeoutMs }, 5_000, kubectl);
  return { pods5000WallMs, pods5000CpuMs: (await side.cpuMs()) - cpuBefore };
}

type IdleFigures = Pick<SideFigures, "idle5000CpuMs" | "idle5000RssBytes" | "leaseAgeMaxMs">;

async function measureIdle(
  side: Side,
  kubectl: (args: readonly string[]) => Promise<string>,
): Promise<IdleFigures> {
  const cpuBefore = await side.cpuMs();
  const beganMs = performance.now();
  let leaseAgeMaxMs = 0;
  for (let look = 1; look <= 5; look += 1) {
    await delay(beganMs + (idleMs / 5) * look - performance.now());
    leaseAgeMaxMs = Math.max(leaseAgeMaxMs, await oldestLeaseMs(kubectl));
  }
  return {
    idle5000CpuMs: (await side.cpuMs()) - cpuBefore,
    idle5000RssBytes: await side.rssBytes(),
    leaseAgeMaxMs,
  };
}

/** The age of the least lately renewed node Lease, as of the moment the list was asked for. */
async function oldestLeaseMs(
  kubectl: (args: readonly string[]) => Promise<string>,
): Promise<number> {
  const nowMs = Date.now();
  const path = 'jsonpath={range .items[*]}{.spec.renewTime}{"\\n"}{end}';
  const output = await kubectl(["get", "leases", "-n", "kube-node-lease", "-o", path]);
  const times = output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Date.parse(line));
  return Math.max(0, ...times.map((timeMs) => nowMs - timeMs));
}
