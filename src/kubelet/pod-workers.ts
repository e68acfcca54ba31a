import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { toTime } from "../base/rfc3339.ts";
import { isConditionTrue } from "../k8s/conditions.ts";
import { podRequests } from "../k8s/pod-resources.ts";
import type { Pod, PodPhase, PodStatus } from "../k8s/types/core.ts";
import { toNumber } from "./answers.ts";
import { type IpRange, parseCidr } from "./ip-range.ts";
import type { NodeIdentity } from "./node-template.ts";
import { type Amounts, admitPod } from "./pod-admission.ts";
import { type PodBehavior, type PodPlan, planWith } from "./pod-behavior.ts";
import type { PodHabits } from "./pod-habits.ts";
import { createPodIpAllocator, type PodIpAllocator } from "./pod-ip.ts";
import type { PodHandler } from "./pod-source.ts";
import { firstState, type PodState, rejectedState } from "./pod-state.ts";
import { isTerminalPhase, type PodFacts } from "./pod-status.ts";
import { stepPod } from "./pod-step.ts";
import type { StatusChannel, StatusWriter } from "./status-writer.ts";

/** Counts the pods of many nodes: `undefined` stands for a pod that comes or goes. */
export interface PodTally {
  moved(from: PodPhase | undefined, to: PodPhase | undefined): void;
}

/** What a kubelet that runs by itself does for its pods, beside their statuses. Calls must not throw. */
export interface PodRuntime {
  /** When the kubelet looks at its containers first, at `ms` or later (`pkg/kubelet/pleg`). */
  relistAt(ms: number): number;
  /** When it looked at them last, at `ms` or before. */
  relistedAt(ms: number): number;
  /** The pod is taken. `mounted` is called, once, when its volumes are there. */
  admit(pod: Pod, mounted: () => void): void;
  /** It has come to another state; `before` is undefined for its first. */
  entered(pod: Pod, before: PodState | undefined, state: PodState): void;
  /** Nothing of it is left. */
  forget(pod: Pod): void;
}

export interface PodWorkersOptions {
  readonly node: NodeIdentity;
  readonly habits: PodHabits;
  readonly behavior: PodBehavior;
  readonly statusWriter: StatusWriter;
  readonly tally: PodTally;
  /** Where addresses come from until the node is given a range of its own. */
  readonly podRange: IpRange;
  /** Absent where there is nothing but statuses: containers are then seen as they change. */
  readonly runtime?: PodRuntime;
}

/** The pods of one node, each on its way from binding to gone. */
export interface PodWorkers extends PodHandler, Disposable {
  readonly size: number;
  /** Addresses that pods hold. */
  readonly addressesInUse: number;
  /** The node's own ranges, `spec.podCIDRs`: new pods get their addresses from these. */
  usePodCidrs(cidrs: readonly string[]): void;
}

interface Worker {
  pod: Pod;
  readonly plan: PodPlan;
  readonly requests: Amounts;
  readonly channel: StatusChannel;
  state: PodState;
  /** Whether the API server has forgotten it. */
  isGone: boolean;
  podIps: readonly string[] | undefined;
  /** When its volumes were there. */
  mountedMs: number;
  timer: Timer | undefined;
  wakeAtMs: number;
  /** What the wall clock was ahead of the monotonic one when nothing was due for the pod. */
  wallOffsetMs: number;
}

/** The address that Kubemark gives to all pods (`cri-api/pkg/apis/testing`). */
const fakePodIps = ["192.168.192.168"];

export function createPodWorkers(options: PodWorkersOptions, env: Env): PodWorkers {
  return new Workers(options, env);
}

/** A thin shell: what a pod does is decided in `pod-step.ts`. A class, since there is one per node. */
class Workers implements PodWorkers {
  readonly #options: PodWorkersOptions;
  readonly #env: Env;
  /** By UID. Made with the first pod: most nodes of a large fleet have none for long. */
  #workers: Map<string, Worker> | undefined;
  /** The last is the one that gives addresses, the others have only some out. */
  #allocators: PodIpAllocator[] = [];
  #ranges: readonly IpRange[];

  constructor(options: PodWorkersOptions, env: Env) {
    this.#options = options;
    this.#env = env;
    this.#ranges = [options.podRange];
  }

  get size(): number {
    return this.#workers?.size ?? 0;
  }

  get addressesInUse(): number {
    return this.#allocators.reduce((sum, { inUse }) => sum + inUse, 0);
  }

  usePodCidrs(cidrs: readonly string[]): void {
    const ranges = cidrs.map(parseCidr).filter((range) => range !== undefined);
    if (ranges.length === 0) return;
    this.#ranges = ranges;
    if (this.#allocators.length > 0) this.#allocators.push(createPodIpAllocator(ranges));
  }

  changed(pod: Pod): void {
    const worker = this.#workers?.get(pod.metadata.uid);
    if (worker === undefined) {
      this.#add(pod);
      return;
    }
    const version = toNumber(pod.metadata.resourceVersion);
    // Older than what this kubelet has written: an event that says both is still to come.
    if (version !== 0 && version < worker.channel.writtenVersion) return;
    worker.pod = pod;
    if (worker.channel.idle && pod.status !== undefined) this.#reconcile(worker, pod.status);
    this.#step(worker);
  }

  removed(pod: Pod): void {
    const worker = this.#workers?.get(pod.metadata.uid);
    if (worker === undefined) return;
    const { kind } = worker.state;
    const isDone = kind === "removing" || (kind === "ended" && !isDeleting(worker.pod));
    if (this.#options.runtime === undefined || isDone) {
      worker.channel.close();
      this.#forget(worker);
      return;
    }
    // Deleted by force: its containers are still there, and have to be ended.
    worker.isGone = true;
    worker.pod = isDeleting(pod) ? pod : deletedAt(pod, this.#env.clock.nowMs());
    this.#step(worker);
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers?.values() ?? []) {
      worker.channel.close();
      worker.timer?.cancel();
      this.#options.tally.moved(worker.state.status.phase, undefined);
    }
    this.#workers = undefined;
  }

  #add(pod: Pod): void {
    const { node, habits, behavior, statusWriter, tally, runtime } = this.#options;
    const { clock } = this.#env;
    const wallOffsetMs = Math.round(clock.nowMs() - clock.monotonicMs());
    const nowMs = Math.ceil(clock.monotonicMs() + wallOffsetMs);
    const plan = planWith(habits, behavior.plan(pod));
    const podIps = this.#knownAddresses(pod);
    const requests = podRequests(pod.spec);
    const mountedMs = runtime === undefined ? 0 : Number.POSITIVE_INFINITY;
    const relistedMs = Number.POSITIVE_INFINITY;
    const facts = { pod, plan, habits, hostIp: node.ip, podIps, mountedMs, relistedMs };
    let state = firstState(facts, nowMs);
    if (state.kind === "creating" && !isDeleting(pod)) {
      const rejection = admitPod(node.template.allocatable, requests, this.#taken());
      if (rejection) state = rejectedState(facts, rejection, nowMs);
    }
    const { namespace = "default", name, uid } = pod.metadata;
    const worker: Worker = {
      pod,
      plan,
      requests,
      channel: statusWriter.open({ namespace, name, uid }, pod.status),
      state,
      isGone: false,
      podIps,
      mountedMs,
      timer: undefined,
      wakeAtMs: Number.POSITIVE_INFINITY,
      wallOffsetMs,
    };
    this.#workers ??= new Map();
    this.#workers.set(uid, worker);
    tally.moved(undefined, state.status.phase);
    if (state.status !== pod.status) worker.channel.write(state.status);
    runtime?.entered(pod, undefined, state);
    if (runtime !== undefined && state.kind !== "ended") {
      runtime.admit(pod, () => {
        worker.mountedMs = this.#nowMs(worker);
        if (this.#workers?.get(uid) === worker) this.#step(worker);
      });
    }
    this.#step(worker);
  }

  #forget(worker: Worker): void {
    this.#workers?.delete(worker.pod.metadata.uid);
    worker.timer?.cancel();
    this.#releaseAddresses(worker);
    this.#options.tally.moved(worker.state.status.phase, undefined);
    this.#options.runtime?.forget(worker.pod);
  }

  /**
   * Takes notice of what somebody else has written into the status: a controller that declares the
   * pod not ready is told otherwise, as a kubelet does; one that declares it ended is believed.
   */
  #reconcile(worker: Worker, reported: PodStatus): void {
    const { state, channel } = worker;
    const { status } = state;
    if (state.kind === "ended" || state.kind === "removing") return;
    if (isTerminalPhase(reported)) {
      this.#enter(worker, { kind: "ended", status: reported, sinceMs: this.#nowMs(worker) });
      return;
    }
    const agreed =
      reported.phase === status.phase &&
      isConditionTrue(reported.conditions, "Ready") === isConditionTrue(status.conditions, "Ready");
    if (!agreed) channel.restate(reported, status);
  }

  #step(worker: Worker): void {
    const nowMs = this.#nowMs(worker);
    const { runtime } = this.#options;
    const { state, wakeAtMs } = stepPod(worker.state, this.#facts(worker, nowMs), nowMs);
    if (state !== worker.state) {
      // A kubelet that is by itself looks at the pod at each step, whether its status is another or not.
      const changed = state.status !== worker.state.status || runtime !== undefined;
      this.#enter(worker, state);
      if (changed) worker.channel.write(state.status);
      if (state.kind === "removing") {
        worker.channel.remove();
        if (worker.isGone) this.#forget(worker);
      }
    }
    const isSeenLate = runtime !== undefined && state.kind !== "stopping";
    this.#wakeAt(worker, isSeenLate ? this.#relistAt(worker, wakeAtMs) : wakeAtMs, nowMs);
  }

  /** When the kubelet sees what happens in the pod at `ms`. */
  #relistAt(worker: Worker, ms: number): number {
    const { runtime } = this.#options;
    if (runtime === undefined || ms === Number.POSITIVE_INFINITY) return ms;
    return this.#isSeenAtOnce(worker) ? ms : runtime.relistAt(ms);
  }

  #isSeenAtOnce({ state }: Worker): boolean {
    const { habits, runtime } = this.#options;
    return runtime === undefined || (habits.relistsOnDemand && state.kind === "creating");
  }

  #enter(worker: Worker, state: PodState): void {
    const before = worker.state;
    const { phase } = before.status;
    if (state.status.phase !== phase) this.#options.tally.moved(phase, state.status.phase);
    worker.state = state;
    this.#options.runtime?.entered(worker.pod, before, state);
    if (state.kind === "ended" || state.kind === "removing") this.#releaseAddresses(worker);
  }

  #facts(worker: Worker, nowMs: number): PodFacts {
    const { pod, plan, state, mountedMs } = worker;
    const { habits, node, runtime } = this.#options;
    if (state.kind === "creating" && nowMs >= state.untilMs && worker.podIps === undefined) {
      worker.podIps = habits.switches.UniquePodIPs ? this.#allocator().allocate() : fakePodIps;
    }
    const relistedMs =
      runtime === undefined || this.#isSeenAtOnce(worker)
        ? Number.POSITIVE_INFINITY
        : runtime.relistedAt(nowMs);
    return { pod, plan, habits, hostIp: node.ip, podIps: worker.podIps, mountedMs, relistedMs };
  }

  /**
   * The time of a pod. It goes by the monotonic clock while something is due, so that a wall clock
   * that is set makes nothing early or late.
   */
  #nowMs(worker: Worker): number {
    const { clock } = this.#env;
    const monotonicMs = clock.monotonicMs();
    const isQuiet =
      worker.wakeAtMs === Number.POSITIVE_INFINITY && worker.state.kind !== "creating";
    if (isQuiet) worker.wallOffsetMs = Math.round(clock.nowMs() - monotonicMs);
    return Math.ceil(monotonicMs + worker.wallOffsetMs);
  }

  #wakeAt(worker: Worker, wakeAtMs: number, nowMs: number): void {
    if (wakeAtMs === worker.wakeAtMs) return;
    worker.timer?.cancel();
    worker.timer = undefined;
    worker.wakeAtMs = wakeAtMs;
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    if (wakeAtMs <= nowMs) {
      void this.#stepInTurn(worker);
      return;
    }
    worker.timer = this.#env.clock.schedule(wakeAtMs - nowMs, () => {
      worker.timer = undefined;
      worker.wakeAtMs = Number.NEGATIVE_INFINITY; // Due now.
      this.#step(worker);
    });
  }

  /** What takes no time is done as soon as what was said before is on its way. */
  async #stepInTurn(worker: Worker): Promise<void> {
    await this.#env.clock.turn();
    worker.wakeAtMs = Number.NEGATIVE_INFINITY;
    if (this.#workers?.get(worker.pod.metadata.uid) === worker) this.#step(worker);
  }

  /** The requests of all pods that still need their resources. */
  #taken(): readonly Amounts[] {
    const taken: Amounts[] = [];
    for (const { state, requests } of this.#workers?.values() ?? []) {
      if (state.kind !== "ended" && state.kind !== "removing") taken.push(requests);
    }
    return taken;
  }

  /** The addresses that a pod is known by already; those of the host for one in its network. */
  #knownAddresses({ spec, status }: Pod): readonly string[] | undefined {
    if (spec.hostNetwork === true) return [this.#options.node.ip];
    if (!this.#options.habits.switches.UniquePodIPs) return undefined;
    if (status?.podIP === undefined || isTerminalPhase(status)) return undefined;
    const addresses = status.podIPs?.map(({ ip }) => ip) ?? [status.podIP];
    this.#allocator().reserve(addresses);
    return addresses;
  }

  #allocator(): PodIpAllocator {
    let allocator = this.#allocators.at(-1);
    if (allocator === undefined) {
      allocator = createPodIpAllocator(this.#ranges);
      this.#allocators.push(allocator);
    }
    return allocator;
  }

  #releaseAddresses(worker: Worker): void {
    const { podIps, pod } = worker;
    worker.podIps = undefined;
    if (podIps === undefined || podIps === fakePodIps || pod.spec.hostNetwork === true) return;
    for (const allocator of this.#allocators) allocator.release(podIps);
  }
}

function isDeleting({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function deletedAt(pod: Pod, nowMs: number): Pod {
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: toTime(nowMs) } };
}
