import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ControlPlane, startControlPlane } from "../test/control-plane/control-plane.ts";
import { type Kubemark, startKubemark } from "../test/control-plane/kubemark.ts";
import { cpuMsOf, rssBytesOf } from "../test/control-plane/proc-stat.ts";
import { type HollowmarkProcess, startHollowmark } from "../test/harness/hollowmark-process.ts";
import { watchLeases } from "./lease-gaps.ts";
import { timeUntilReady } from "./loads.ts";
import { type Figure, megabytes, seconds } from "./results.ts";

const version = "v1.34.4";
const timeoutMs = 600_000;
/** Until the burst of a start is over. */
const settleMs = 60_000;
const idleMs = 60_000;

/** What a side costs while its nodes are idle. */
interface Idle {
  readonly rssBytes: number;
  /** In the time of `idleMs`. */
  readonly cpuMs: number;
}

/** Memory and CPU of idle nodes, a kubelet and a proxy each: the real kubemark's, and ours. */
export async function benchFaithful(): Promise<readonly Figure[]> {
  const theirs = await kubemarkIdle(10);
  await using plane = await startControlPlane({ version });
  const ten = await fleetIdle(plane, 10);
  const many = await fleetIdle(plane, 210);
  const kilobytesANode = (many.rssBytes - ten.rssBytes) / 200 / 1e3;
  const coreMillis = ((many.cpuMs - ten.cpuMs) / 200 / idleMs) * 1e3;
  const theirMillis = (theirs.cpuMs / 10 / idleMs) * 1e3;
  return [
    {
      name: "faithful-idle-rss-kb-a-node",
      value: kilobytesANode,
      note: `kubemark ${megabytes(theirs.rssBytes / 10)} a node: 1/${Math.round(theirs.rssBytes / 1e4 / kilobytesANode)}`,
    },
    {
      name: "faithful-idle-cpu-ratio",
      value: coreMillis / theirMillis,
      note: `ours ${coreMillis.toFixed(3)} mCPU a node, kubemark ${theirMillis.toFixed(2)}`,
    },
  ];
}

async function kubemarkIdle(nodes: number): Promise<Idle> {
  await using plane = await startControlPlane({ version });
  const names = Array.from({ length: nodes }, (_, index) => `127.0.1.${index + 1}`);
  await using kubemark = await startKubemark({ plane, names });
  await timeUntilReady({ kubeconfigPath: plane.kubeconfigPath, timeoutMs }, nodes, async () => {});
  return await measureIdle(kubemark.processes.map(({ pid }: Kubemark["processes"][number]) => pid));
}

async function fleetIdle(plane: ControlPlane, nodes: number): Promise<Idle> {
  await using fleet = await joinFaithful(plane.kubeconfigPath, nodes);
  const idle = await measureIdle([fleet.pid]);
  await fleet.stop();
  return idle;
}

async function joinFaithful(kubeconfig: string, nodes: number): Promise<HollowmarkProcess> {
  const flags = ["--kubeconfig", kubeconfig, "--profile", "kubemark", "--nodes", String(nodes)];
  const fleet = startHollowmark(["join", ...flags, "--ready-timeout", "15m"]);
  await fleet.waitFor(/ Ready after /, timeoutMs);
  return fleet;
}

async function measureIdle(pids: readonly number[]): Promise<Idle> {
  const sum = async (read: (pid: number) => Promise<number>): Promise<number> => {
    const values = await Promise.all(pids.map(read));
    return values.reduce((total, value) => total + value, 0);
  };
  await delay(settleMs);
  const before = await sum(cpuMsOf);
  await delay(idleMs);
  const cpuMs = (await sum(cpuMsOf)) - before;
  const rssBytes = await sum(rssBytesOf);
  console.log(`${pids.length} processes idle: ${megabytes(rssBytes)}, ${seconds(cpuMs)} CPU`);
  return { cpuMs, rssBytes };
}

/** 2,000 nodes with connections and watches of their own on a real kube-apiserver. */
export async function benchFaithful2000(): Promise<readonly Figure[]> {
  await using plane = await startControlPlane({ version });
  const { kubeconfigPath } = plane;
  let fleet: HollowmarkProcess | undefined;
  try {
    const readyMs = await timeUntilReady({ kubeconfigPath, timeoutMs }, 2_000, async () => {
      fleet = await joinFaithful(kubeconfigPath, 2_000);
    });
    const leases = await watchLeases(kubeconfigPath);
    const idle = await measureIdle(fleet === undefined ? [] : [fleet.pid]);
    const gaps = leases.stop();
    return [
      { name: "faithful-2000-ready-s", value: readyMs / 1_000, note: "kubelets and proxies" },
      { name: "faithful-2000-lease-lateness-p99-s", value: gaps.latenessP99S, note: gaps.note },
      { name: "faithful-2000-lease-gap-max-s", value: gaps.gapMaxS, note: gaps.note },
      {
        name: "faithful-2000-idle-core-percent",
        value: (idle.cpuMs / idleMs) * 100,
        note: megabytes(idle.rssBytes),
      },
    ];
  } finally {
    await fleet?.[Symbol.asyncDispose]();
  }
}

/** 5,000 such nodes, 10,000 connections and 40,000 watches, against an embedded server over TLS. */
export async function benchFaithful5000(): Promise<readonly Figure[]> {
  const stayMs = 600_000;
  const folder = await mkdtemp(join(tmpdir(), "hollowmark-bench-"));
  const kubeconfig = join(folder, "kubeconfig");
  try {
    await using server = startHollowmark([
      ...["up", "--nodes", "1", "--profile", "light", "--fleet", "plane"],
      ...["--name-template", "plane-{index}", "--kubeconfig", kubeconfig],
    ]);
    await server.waitFor(/ Ready after /);
    await using fleet = await joinFaithful(kubeconfig, 5_000);
    const leases = await watchLeases(kubeconfig);
    await delay(stayMs);
    const gaps = leases.stop();
    const rssBytes = await rssBytesOf(fleet.pid);
    const serverBytes = await rssBytesOf(server.pid);
    const unready = await timeUntilReady(
      { kubeconfigPath: kubeconfig, timeoutMs: 10_000 },
      5_001,
      async () => {},
    );
    console.log(`all are Ready, seen within ${seconds(unready)}`);
    return [
      {
        name: "faithful-5000-rss-gb",
        value: rssBytes / 1e9,
        note: `after ${seconds(stayMs)}; the server ${megabytes(serverBytes)}`,
      },
      { name: "faithful-5000-lease-gap-max-s", value: gaps.gapMaxS, note: gaps.note },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
