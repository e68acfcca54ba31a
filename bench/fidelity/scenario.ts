import { setTimeout as delay } from "node:timers/promises";
import type { ControlPlane } from "../../test/control-plane/control-plane.ts";
import { waitUntil } from "../../test/control-plane/processes.ts";
import { moreWatches, type OpenWatches, openWatches, type Usage, usageOf } from "./run-server.ts";
import type { Subject } from "./run-subjects.ts";
import { deployment, names, surroundings } from "./scenario-objects.ts";

/** The phases of a scenario, in their order. */
export const phases = [
  "start",
  "ready",
  "idle",
  "pods",
  "scale-up",
  "scale-down",
  "delete",
  "restart",
  "server-restart",
  "stop",
  "end",
] as const;

/** One of {@link phases}. */
export type Phase = (typeof phases)[number];

/** When a phase began, as RFC 3339 with milliseconds: the clock of the audit log. */
export interface Mark {
  readonly phase: Phase;
  readonly at: string;
}

/** All objects of some kinds at one moment, as `kubectl get -o json` gives them. */
export interface Snapshot {
  /** Such as "idle" or "pods-running". */
  readonly moment: string;
  readonly at: string;
  /** Items by resource: nodes, leases, csinodes or pods. */
  readonly items: Readonly<Record<string, readonly unknown[]>>;
}

/** What the server and the machine counted. */
export interface ServerFigures {
  /** Watches that the subject holds when idle, by resource: how many there are more than before it. */
  readonly watches: OpenWatches;
  /** How long the subject was idle between {@link idleBegin} and {@link idleEnd}. */
  readonly idleS: number;
  readonly idleBegin: Usage;
  readonly idleEnd: Usage;
}

/** What a scenario leaves behind, beside the audit log. */
export interface Played {
  readonly marks: readonly Mark[];
  readonly snapshots: readonly Snapshot[];
  readonly server: ServerFigures;
}

/** Settings of {@link playScenario}. */
export interface ScenarioOptions {
  /** How long the nodes are left alone, in seconds. */
  readonly idleS: number;
  /** Takes each line of progress. */
  readonly report: (line: string) => void;
}

/** For what follows a change by itself: Leases, CSINodes, images in the Node's status. */
const settleMs = 20_000;
/** After the server's restart: client-go's watches back off by up to half a minute. */
const afterServerRestartMs = 60_000;
const deadlineMs = 300_000;
/** Pods at first, after scaling up, and after scaling down; for 10 nodes. */
const replicas = { first: 10, more: 15, fewer: 5 } as const;

/**
 * Plays a node's life against a control plane: the nodes start, are idle, run 10 pods a node with
 * a token, a config map and a secret, then 15, then 5, then none; they crash and start again, their
 * API server is restarted, they stop. The same for every subject.
 *
 * @throws Error if the cluster does not get as far as a phase needs within five minutes.
 */
export async function playScenario(
  plane: ControlPlane,
  subject: Subject,
  options: ScenarioOptions,
): Promise<Played> {
  const stage = createStage(plane, options.report);
  const watchesBefore = await openWatches(plane);
  stage.mark("start");
  await subject.start();
  await untilReady(stage, subject);
  stage.mark("ready");
  await delay(settleMs);
  const server = await idle(stage, subject, { ...options, watchesBefore });
  await runPods(stage, subject.nodes.length);
  stage.mark("restart");
  await subject.kill();
  await subject.start();
  await delay(2 * settleMs);
  await stage.snapshot("restarted", nodeResources);
  stage.mark("server-restart");
  // A crash: after SIGTERM it serves nobody for a minute, waiting for watches that do not end, and
  // what clients do in a minute of back-off is chance.
  await plane.restartApiServer("SIGKILL");
  await delay(afterServerRestartMs);
  await stage.snapshot("server-restarted", nodeResources);
  stage.mark("stop");
  await subject.stop();
  stage.mark("end");
  return { marks: stage.marks, snapshots: stage.snapshots, server };
}

/**
 * Plays what is enough to see each kind of request once: the nodes start, run two pods each, and
 * stop.
 */
export async function playShortScenario(
  plane: ControlPlane,
  subject: Subject,
  report: (line: string) => void,
): Promise<readonly Mark[]> {
  const stage = createStage(plane, report);
  stage.mark("start");
  await subject.start();
  await untilReady(stage, subject);
  stage.mark("ready");
  await delay(settleMs);
  stage.mark("pods");
  await stage.apply(surroundings);
  const count = 2 * subject.nodes.length;
  await stage.apply(deployment(count));
  await stage.until("the pods run", () => stage.arePodsRunning(count));
  stage.mark("delete");
  await removePods(stage);
  stage.mark("stop");
  await subject.stop();
  stage.mark("end");
  return stage.marks;
}

async function untilReady(stage: Stage, subject: Subject): Promise<void> {
  await stage.until("all nodes are Ready", () => {
    const failure = subject.failure();
    if (failure !== undefined) throw new Error(`${subject.name}: ${failure}`);
    return stage.areNodesReady(subject.nodes.length);
  });
}

const nodeResources = ["nodes", "csinodes", "leases"] as const;

async function idle(
  stage: Stage,
  subject: Subject,
  options: ScenarioOptions & { readonly watchesBefore: OpenWatches },
): Promise<ServerFigures> {
  const { plane } = stage;
  stage.mark("idle");
  await stage.snapshot("idle", nodeResources);
  const idleBegin = await usageOf(subject.pids(), plane);
  await delay(options.idleS * 1_000);
  const idleEnd = await usageOf(subject.pids(), plane);
  const watches = moreWatches(options.watchesBefore, await openWatches(plane));
  return { watches, idleS: options.idleS, idleBegin, idleEnd };
}

async function runPods(stage: Stage, nodeCount: number): Promise<void> {
  stage.mark("pods");
  await stage.apply(surroundings);
  await stage.apply(deployment(replicas.first * nodeCount));
  await delay(1_000);
  await stage.snapshot("pods-starting", ["pods"]);
  await stage.until("the pods run", () => stage.arePodsRunning(replicas.first * nodeCount));
  await delay(settleMs);
  await stage.snapshot("pods-running", ["pods", "nodes"]);
  stage.mark("scale-up");
  await stage.apply(deployment(replicas.more * nodeCount));
  await stage.until("more pods run", () => stage.arePodsRunning(replicas.more * nodeCount));
  await delay(settleMs);
  stage.mark("scale-down");
  await stage.apply(deployment(replicas.fewer * nodeCount));
  await delay(2_000);
  await stage.snapshot("pods-ending", ["pods"]);
  await stage.until("fewer pods run", () => stage.arePodsRunning(replicas.fewer * nodeCount));
  await delay(settleMs);
  stage.mark("delete");
  await removePods(stage);
  await delay(settleMs);
}

async function removePods(stage: Stage): Promise<void> {
  await stage.kubectl(["delete", "deployment,service", names.app, "--wait=false"]);
  await stage.until("no pod is left", () => stage.arePodsRunning(0));
  await stage.kubectl(["delete", "configmap", names.settings]);
  await stage.kubectl(["delete", "secret", names.password]);
}

/** A control plane with what the phases ask of it, and what they note down. */
interface Stage {
  readonly plane: ControlPlane;
  readonly marks: readonly Mark[];
  readonly snapshots: readonly Snapshot[];
  mark(phase: Phase): void;
  snapshot(moment: string, resources: readonly string[]): Promise<void>;
  /** Runs kubectl, which has to succeed. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  apply(manifest: string): Promise<void>;
  until(what: string, check: () => Promise<boolean>): Promise<void>;
  areNodesReady(count: number): Promise<boolean>;
  /** Whether there are so many pods, no more and no fewer, and all run. */
  arePodsRunning(count: number): Promise<boolean>;
}

function createStage(plane: ControlPlane, report: (line: string) => void): Stage {
  const marks: Mark[] = [];
  const snapshots: Snapshot[] = [];
  const kubectl = async (args: readonly string[], stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await plane.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const itemsOf = async (resource: string): Promise<readonly unknown[]> => {
    const namespace = resource === "leases" ? ["-n", "kube-node-lease"] : [];
    return JSON.parse(await kubectl(["get", resource, ...namespace, "-o", "json"])).items;
  };
  const column = async (resource: string, path: string): Promise<readonly string[]> => {
    const output = await kubectl([
      "get",
      resource,
      "-o",
      `jsonpath={range .items[*]}${path}{"\\n"}{end}`,
    ]);
    return output.trimEnd() === "" ? [] : output.trimEnd().split("\n");
  };
  return {
    plane,
    marks,
    snapshots,
    mark(phase) {
      const at = new Date().toISOString();
      marks.push({ phase, at });
      report(`${at} ${phase}`);
    },
    async snapshot(moment, resources) {
      const at = new Date().toISOString();
      const items: Record<string, readonly unknown[]> = {};
      for (const resource of resources) items[resource] = await itemsOf(resource);
      snapshots.push({ moment, at, items });
    },
    kubectl,
    apply: async (manifest) => void (await kubectl(["apply", "-f", "-"], manifest)),
    async until(what, check) {
      if (await waitUntil(check, { deadlineMs, everyMs: 1_000 })) return;
      throw new Error(`${deadlineMs / 1_000} s were not enough until ${what}`);
    },
    async areNodesReady(count) {
      const ready = await column("nodes", '{.status.conditions[?(@.type=="Ready")].status}');
      return ready.length === count && ready.every((status) => status === "True");
    },
    async arePodsRunning(count) {
      const pods = await column("pods", "{.status.phase}");
      return pods.length === count && pods.every((phase) => phase === "Running");
    },
  };
}
