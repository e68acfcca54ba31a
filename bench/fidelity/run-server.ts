import type { ControlPlane } from "../../test/control-plane/control-plane.ts";
import { connectionsOf } from "../../test/control-plane/proc-net.ts";
import { cpuMsOf, rssBytesOf } from "../../test/control-plane/proc-stat.ts";

/** Open watches by resource, such as "pods" or "leases.coordination.k8s.io". */
export type OpenWatches = Readonly<Record<string, number>>;

/** What a subject's processes have used so far, and hold now. */
export interface Usage {
  readonly processes: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** TCP connections to kube-apiserver, of each process. */
  readonly connections: readonly number[];
}

/** The server's own count of open watches, `apiserver_longrunning_requests`, whoever holds them. */
export async function openWatches(plane: ControlPlane): Promise<OpenWatches> {
  const { code, stdout, stderr } = await plane.kubectl(["get", "--raw", "/metrics"]);
  if (code !== 0) throw new Error(`/metrics: ${stderr}`);
  return parseOpenWatches(stdout);
}

/** Reads the watches of `apiserver_longrunning_requests` out of the metrics of kube-apiserver. */
export function parseOpenWatches(metrics: string): OpenWatches {
  const watches: Record<string, number> = {};
  for (const [, labels = "", value] of metrics.matchAll(
    /^apiserver_longrunning_requests\{(.*)\} (\S+)$/gm,
  )) {
    if (labelOf(labels, "verb") !== "WATCH") continue;
    const group = labelOf(labels, "group");
    const resource = labelOf(labels, "resource");
    const name = group === "" ? resource : `${resource}.${group}`;
    watches[name] = (watches[name] ?? 0) + Number(value);
  }
  return watches;
}

/** What there is now and was not before, by resource. */
export function moreWatches(before: OpenWatches, now: OpenWatches): OpenWatches {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return Object.fromEntries(
    [...names]
      .sort()
      .map((name) => [name, (now[name] ?? 0) - (before[name] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );
}

/** Looks at processes that run. */
export async function usageOf(pids: readonly number[], plane: ControlPlane): Promise<Usage> {
  const cpuMs = await Promise.all(pids.map(cpuMsOf));
  const rssBytes = await Promise.all(pids.map(rssBytesOf));
  return {
    processes: pids.length,
    cpuMs: sum(cpuMs),
    rssBytes: sum(rssBytes),
    connections: await connectionsOf(pids, Number(new URL(plane.url).port)),
  };
}

function labelOf(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
