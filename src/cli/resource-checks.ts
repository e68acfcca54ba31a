import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { openFilesLimit } from "../measure/index.ts";

/** What a fleet takes of the machine. */
export interface FleetNeeds {
  readonly nodes: number;
  /** Connections to the API server, each a file descriptor and a local port. */
  readonly connections: number;
  /** Resident memory in kB (1 000 bytes), beside what the program takes without nodes. */
  readonly memoryKb: number;
}

export interface FleetShape {
  readonly nodes: number;
  /** Whether each node has watches, and what belongs to them, of its own. */
  readonly ownWatches: boolean;
  /** Connections of one node; 0 where they are pooled, or the API server is in this process. */
  readonly connectionsPerNode: 0 | 1 | 2;
  /** Threads that the nodes run in. Default 1: there is none but the main one. */
  readonly workers?: number;
}

/** What there is; undefined where the system does not say. */
export interface MachineResources {
  readonly openFilesMax: number | undefined;
  /** Local ports from which one server can be connected to. */
  readonly localPorts: number | undefined;
  /** Memory in bytes that this process can still take: what is free, or what its container allows. */
  readonly memory: number;
}

/** The machine is too small for the fleet. The message is one line. */
export class ResourceError extends Error {
  override readonly name = "ResourceError";
}

export type ResourceVerdict =
  | { readonly kind: "enough"; readonly warnings: readonly string[] }
  | { readonly kind: "tooFewFiles"; readonly filesNeeded: number; readonly message: string };

/** Descriptors of the program itself: its pools, files and pipes; 24 were counted in use. */
const ownFiles = 100;
/** The program before it has nodes: measured, and rounded up. */
const baseKb = 90_000;
/** Measured without pods: 5,000 nodes that share their watches, and 1,500 with watches of their own. */
const sharedNodeKb = 25;
const ownWatchesNodeKb = 180;
/** What a connection with its watches may take at most, so that a node of two stays within 460 kB. */
const connectionKb = 140;

/** A worker thread before it has nodes: measured, and rounded up. */
const workerKb = 25_000;

export function fleetNeeds(shape: FleetShape): FleetNeeds {
  const { nodes, ownWatches, connectionsPerNode, workers = 1 } = shape;
  const nodeKb = (ownWatches ? ownWatchesNodeKb : sharedNodeKb) + connectionsPerNode * connectionKb;
  const threadsKb = workers === 1 ? 0 : workers * workerKb;
  return {
    nodes,
    connections: nodes * connectionsPerNode,
    memoryKb: baseKb + threadsKb + nodes * nodeKb,
  };
}

/** Lays what a fleet needs beside what there is. */
export function judgeResources(needs: FleetNeeds, found: MachineResources): ResourceVerdict {
  const { nodes, connections, memoryKb } = needs;
  const filesNeeded = connections + ownFiles;
  const { openFilesMax, localPorts, memory } = found;
  if (openFilesMax !== undefined && openFilesMax < filesNeeded) {
    const has = `this process may have ${openFilesMax}`;
    const message = `${nodes} nodes need ${filesNeeded} open files, and ${has}: raise the hard limit (ulimit -n ${filesNeeded})`;
    return { kind: "tooFewFiles", filesNeeded, message };
  }
  const warnings: string[] = [];
  if (localPorts !== undefined && connections > localPorts) {
    warnings.push(
      `${nodes} nodes need ${connections} local ports, and there are ${localPorts}: widen net.ipv4.ip_local_port_range`,
    );
  }
  if (memoryKb * 1_000 > memory) {
    const available = `${megabytes(memory)} are available`;
    warnings.push(
      `${nodes} nodes need about ${megabytes(memoryKb * 1_000)} of memory without pods, and ${available}`,
    );
  }
  return { kind: "enough", warnings };
}

/**
 * Makes sure that there are file descriptors enough for a fleet. Node has raised its soft limit to
 * the hard one by itself; beyond that `prlimit` helps a privileged process, and nobody else.
 *
 * @returns what may become scarce, a line each
 * @throws ResourceError with the number of files that are needed
 */
export async function checkResources(needs: FleetNeeds): Promise<readonly string[]> {
  let verdict = judgeResources(needs, machineResources());
  if (verdict.kind === "tooFewFiles") {
    await raiseOpenFiles(verdict.filesNeeded);
    verdict = judgeResources(needs, machineResources());
  }
  if (verdict.kind === "tooFewFiles") throw new ResourceError(verdict.message);
  return verdict.warnings;
}

function machineResources(): MachineResources {
  return {
    openFilesMax: openFilesLimit(),
    localPorts: localPorts(),
    memory: process.availableMemory(),
  };
}

async function raiseOpenFiles(count: number): Promise<void> {
  const limit = `--nofile=${count}:${count}`;
  try {
    await promisify(execFile)("prlimit", ["--pid", String(process.pid), limit]);
  } catch {
    // Not there, or not permitted: the limit is as it was, and the caller looks at it.
  }
}

function localPorts(): number | undefined {
  try {
    const text = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    const [first = 0, last = 0] = text.trim().split(/\s+/).map(Number);
    return last - first + 1;
  } catch {
    return undefined;
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;
}
