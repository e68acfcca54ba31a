import { sleep } from "../../base/clock.ts";
import type { Env } from "../../base/env.ts";
import type { EventRecorder, Informer } from "../../client/index.ts";
import { findCondition } from "../../k8s/conditions.ts";
import { nodes as nodeResource } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { Lease } from "../../k8s/types/coordination.ts";
import type { Node, Pod } from "../../k8s/types/core.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import { forEachBounded } from "../bounded.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";
import { byNode } from "../shared-informers.ts";
import {
  createDisruptionState,
  type DisruptionChange,
  type DisruptionState,
} from "./disruption-state.ts";
import {
  leaseKeyOf,
  type NodeHealth,
  type Now,
  observeHealth,
  silentConditions,
} from "./node-health.ts";
import {
  hasNoExecute,
  noScheduleChange,
  notReadyKey,
  unreachableKey,
  writeTaints,
} from "./node-taints.ts";
import { markPodsNotReady } from "./pods-of-node.ts";
import { type ZoneCount, zoneOf } from "./zones.ts";

/** As kube-controller-manager updates nodes. */
const workers = 8;
/** Between two evictions, whatever the rates (`NodeEvictionPeriod`). */
const evictionPauseMs = 100;
const excludedFromDisruption = "node.kubernetes.io/exclude-disruption";

/**
 * Watches over the nodes: says that silent ones are unknown, taints those that are not ready, and
 * by the rates of their zones has them evicted. Follows `pkg/controller/nodelifecycle`.
 */
export function startNodeLifecycleController(context: ControllerContext): RunningController {
  const { informers, signal, env, options, client } = context;
  const nodes = informers.nodes();
  const leases = informers.leases();
  const pods = informers.pods();
  const controller = new NodeLifecycleController(context);
  const after = [nodes.synced, leases.synced, pods.synced];
  const taintLoop = startReconcileLoop(
    {
      name: "node-lifecycle-controller",
      workers,
      after,
      signal,
      async reconcile(name) {
        const node = nodes.indexer.get(name);
        const change = node === undefined ? undefined : noScheduleChange(node);
        if (node === undefined || change === undefined) return undefined;
        await writeTaints(client, node, change, env.clock.nowMs());
        return undefined;
      },
    },
    env,
  );
  const wake = (node: Node): void => {
    if (noScheduleChange(node) !== undefined) taintLoop.add(node.metadata.name);
  };
  nodes.subscribe({ added: wake, updated: wake });
  const { monitorPeriodMs } = options.nodeLifecycle;
  const monitor = startMonitor(controller, monitorPeriodMs, after, signal, env);
  return { stopped: Promise.all([taintLoop.stopped, monitor]).then(() => undefined) };
}

/** Looks at all nodes every `periodMs`, and evicts when the rates allow; resolves when stopped. */
async function startMonitor(
  controller: NodeLifecycleController,
  periodMs: number,
  after: readonly Promise<void>[],
  signal: AbortSignal,
  env: Pick<Env, "clock" | "log">,
): Promise<void> {
  const { clock } = env;
  try {
    await Promise.all(after);
  } catch {
    return; // An informer was disposed before its first list.
  }
  let nextLookMs = clock.monotonicMs();
  while (!signal.aborted) {
    try {
      if (clock.monotonicMs() >= nextLookMs) {
        nextLookMs = clock.monotonicMs() + periodMs;
        await controller.look();
        // So that the cache has seen what was written just now.
        await sleep(clock, evictionPauseMs, signal);
      }
      await controller.evictDue();
    } catch (error) {
      if (!signal.aborted) env.log.warn("Watching over the nodes failed; trying again", { error });
    }
    const dueMs = controller.nextEvictionMs() ?? Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonicMs();
    const waitMs = Math.min(nextLookMs - nowMs, Math.max(dueMs - nowMs, evictionPauseMs));
    await sleep(clock, waitMs, signal).catch(() => undefined);
  }
}

class NodeLifecycleController {
  readonly #context: ControllerContext;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  readonly #zones: DisruptionState;
  /** By node name, as are the others: bounded by the nodes there are. */
  readonly #health = new Map<string, NodeHealth>();
  readonly #known = new Map<string, Node>();
  readonly #podsToMark = new Set<string>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#nodes = context.informers.nodes();
    this.#leases = context.informers.leases();
    this.#pods = context.informers.pods();
    this.#recorder = context.recorder("node-controller");
    this.#zones = createDisruptionState(context.options.nodeLifecycle);
  }

  /** One pass over all nodes. */
  async look(): Promise<void> {
    const now = this.#now();
    this.#noteArrivals();
    const counts = new Map<string, ZoneCount>();
    const toAct: Node[] = [];
    for (const node of this.#nodes.indexer.values()) {
      const isSilent = this.#observe(node, now);
      const isReady = readyStatus(node) === "True" && !isSilent;
      if (!(excludedFromDisruption in (node.metadata.labels ?? {}))) {
        count(counts, zoneOf(node), isReady);
      }
      if (isSilent || !isReady || this.#hasEvictionTaint(node)) toAct.push(node);
      else this.#zones.queueOf(zoneOf(node)).remove(node.metadata.name);
    }
    await forEachBounded(toAct, workers, (node) => this.#act(node, now));
    await this.#follow(this.#zones.update(counts, now.monotonicMs), now.monotonicMs);
  }

  /** Gives the nodes whose turn it is the taint that evicts their pods. */
  async evictDue(): Promise<void> {
    const nowMs = this.#context.env.clock.monotonicMs();
    for (const queue of this.#zones.queues()) {
      const name = queue.nextDue(nowMs);
      if (name === undefined) continue;
      const node = this.#nodes.indexer.get(name);
      const status = node === undefined ? undefined : readyStatus(node);
      if (node === undefined || status === undefined || status === "True") queue.remove(name);
      else if (hasNoExecute(node, evictionKeys(status).wanted)) queue.remove(name);
      else {
        queue.take(name, nowMs);
        await this.#swapEvictionTaint(node, status);
      }
    }
  }

  /** When the next node may be evicted, on the monotonic clock; undefined when none waits. */
  nextEvictionMs(): number | undefined {
    let nextMs: number | undefined;
    for (const queue of this.#zones.queues()) {
      const dueMs = queue.nextDueMs();
      if (dueMs !== undefined && (nextMs === undefined || dueMs < nextMs)) nextMs = dueMs;
    }
    return nextMs;
  }

  /** Whether the node has been silent for longer than its grace period. */
  #observe(node: Node, now: Now): boolean {
    const { name } = node.metadata;
    const known = this.#health.get(name);
    const lease = this.#leases.indexer.get(known?.leaseKey ?? leaseKeyOf(name));
    const renewTime = lease?.spec?.renewTime;
    const health = observeHealth(known, node, renewTime, now);
    if (known === undefined) this.#health.set(name, health);
    const { monitorGracePeriodMs, startupGracePeriodMs } = this.#context.options.nodeLifecycle;
    const graceMs = health.hasReady ? monitorGracePeriodMs : startupGracePeriodMs;
    return now.monotonicMs > health.probeMs + graceMs;
  }

  async #act(node: Node, now: Now): Promise<void> {
    const { name } = node.metadata;
    const before = readyStatus(node);
    const isSilent = this.#observe(node, now);
    try {
      const current = isSilent ? await this.#markSilent(node) : node;
      await this.#evictByTaint(current);
      const status = readyStatus(current);
      if (before === "True" && status !== "True") {
        const message = `Node ${name} status is now: NodeNotReady`;
        this.#recorder.event(node, "Normal", "NodeNotReady", message);
        this.#podsToMark.add(name);
      }
      if (status === "True") this.#podsToMark.delete(name);
      if (!this.#podsToMark.has(name)) return;
      const { client, env } = this.#context;
      const pods = this.#pods.indexer.byIndex(byNode, name);
      await markPodsNotReady(client, this.#recorder, pods, env.clock.nowMs());
      this.#podsToMark.delete(name);
    } catch (error) {
      // Changed or gone meanwhile: the next pass sees it as it is.
      if (!isApiError(error, "Conflict") && !isApiError(error, "NotFound")) throw error;
    }
  }

  async #markSilent(node: Node): Promise<Node> {
    const { client, env } = this.#context;
    const conditions = silentConditions(node, env.clock.nowMs());
    if (conditions === undefined) return node;
    const { name, uid, resourceVersion } = node.metadata;
    // The version, because a node that has come back in this moment must stay ready.
    const patch = { metadata: { uid, resourceVersion }, status: { conditions } };
    const type = "application/strategic-merge-patch+json";
    return client.patch(nodeResource, { name }, type, patch, { subresource: "status" });
  }

  /** `processTaintBaseEviction`: a taint that is there changes at once, a new one waits its turn. */
  async #evictByTaint(node: Node): Promise<void> {
    const { name } = node.metadata;
    const queue = this.#zones.queueOf(zoneOf(node));
    const status = readyStatus(node);
    if (status === undefined) return;
    if (status === "True") {
      queue.remove(name);
      await this.#removeEvictionTaints(node);
      return;
    }
    const { wanted, opposite } = evictionKeys(status);
    if (hasNoExecute(node, wanted)) queue.remove(name);
    else if (hasNoExecute(node, opposite)) await this.#swapEvictionTaint(node, status);
    else queue.add(name);
  }

  async #swapEvictionTaint(node: Node, status: "False" | "Unknown"): Promise<void> {
    const { client, env } = this.#context;
    const { wanted, opposite } = evictionKeys(status);
    const add = [{ key: wanted, effect: "NoExecute" }] as const;
    const remove = [{ key: opposite, effect: "NoExecute" }] as const;
    try {
      await writeTaints(client, node, { add, remove }, env.clock.nowMs());
    } catch (error) {
      if (isApiError(error, "NotFound")) return;
      this.#zones.queueOf(zoneOf(node)).add(node.metadata.name);
      if (!isApiError(error, "Conflict")) throw error;
    }
  }

  #now(): Now {
    const { clock } = this.#context.env;
    return { monotonicMs: clock.monotonicMs(), epochMs: clock.nowMs() };
  }

  #hasEvictionTaint(node: Node): boolean {
    return hasNoExecute(node, notReadyKey) || hasNoExecute(node, unreachableKey);
  }

  async #removeEvictionTaints(node: Node): Promise<void> {
    if (!this.#hasEvictionTaint(node)) return;
    const { client, env } = this.#context;
    const remove = [
      { key: notReadyKey, effect: "NoExecute" },
      { key: unreachableKey, effect: "NoExecute" },
    ] as const;
    await writeTaints(client, node, { add: [], remove }, env.clock.nowMs());
  }

  async #follow(change: DisruptionChange, nowMs: number): Promise<void> {
    const { log } = this.#context.env;
    if (change === "all zones lost") {
      log.warn("No node is ready: evictions stop");
      const tainted = [...this.#nodes.indexer.values()].filter((node) =>
        this.#hasEvictionTaint(node),
      );
      await forEachBounded(tainted, workers, (node) => this.#removeEvictionTaints(node));
    } else if (change === "recovered") {
      log.info("Nodes are ready again: evictions may go on");
      for (const health of this.#health.values()) health.probeMs = nowMs;
    }
  }

  /** Records which nodes have come and gone since the last pass. */
  #noteArrivals(): void {
    const { indexer } = this.#nodes;
    for (const node of indexer.values()) {
      const { name } = node.metadata;
      if (this.#known.has(name)) continue;
      this.#known.set(name, node);
      const message = `Node ${name} event: Registered Node ${name} in Controller`;
      this.#recorder.event(node, "Normal", "RegisteredNode", message);
    }
    if (this.#known.size === indexer.size) return;
    for (const [name, node] of this.#known) {
      if (indexer.get(name) !== undefined) continue;
      this.#known.delete(name);
      this.#health.delete(name);
      this.#podsToMark.delete(name);
      this.#zones.queueOf(zoneOf(node)).remove(name);
      const message = `Node ${name} event: Removing Node ${name} from Controller`;
      this.#recorder.event(node, "Normal", "RemovingNode", message);
    }
  }
}

function readyStatus(node: Node): Condition["status"] | undefined {
  return findCondition(node.status?.conditions, "Ready")?.status;
}

function evictionKeys(status: "False" | "Unknown"): { wanted: string; opposite: string } {
  return status === "False"
    ? { wanted: notReadyKey, opposite: unreachableKey }
    : { wanted: unreachableKey, opposite: notReadyKey };
}

function count(counts: Map<string, ZoneCount>, zone: string, isReady: boolean): void {
  const zoneCount = counts.get(zone) ?? { ready: 0, notReady: 0 };
  if (isReady) zoneCount.ready += 1;
  else zoneCount.notReady += 1;
  counts.set(zone, zoneCount);
}
