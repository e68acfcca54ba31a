import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { isConditionTrue } from "../k8s/conditions.ts";
import { podRequests } from "../k8s/pod-resources.ts";
import type { Pod, PodPhase, PodStatus } from "../k8s/types/core.ts";
import { toNumber } from "./answers.ts";
import { type IpRange, parseCidr } from "./ip-range.ts";
import type { NodeIdentity } from "./node-template.ts";
import { type Amounts, admitPod } from "./pod-admission.ts";
import type { PodBehavior, PodPlan } from "./pod-behavior.ts";
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

export interface PodWorkersOptions {
  readonly node: NodeIdentity;
  readonly behavior: PodBehavior;
  readonly statusWriter: StatusWriter;
  readonly tally: PodTally;
  /** Where addresses come from until the node is given a range of its own. */
  readonly podRange: IpRange;
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
  podIps: readonly string[] | undefined;
  timer: Timer | undefined;
  wakeAtMs: number;
}

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
    this.#workers?.delete(pod.metadata.uid);
    worker.channel.close();
    worker.timer?.cancel();
    this.#releaseAddresses(worker);
    this.#options.tally.moved(worker.state.status.phase, undefined);
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
    const { node, behavior, statusWriter, tally } = this.#options;
    const nowMs = this.#env.clock.nowMs();
    const plan = behavior.plan(pod);
    const podIps = this.#knownAddresses(pod);
    const requests = podRequests(pod.spec);
    let state = firstState({ pod, plan, hostIp: node.ip, podIps }, nowMs);
    if (state.kind === "creating" && pod.metadata.deletionTimestamp === undefined) {
      const rejection = admitPod(node.template.allocatable, requests, this.#taken());
      if (rejection) state = rejectedState(pod, rejection);
    }
    const { namespace = "default", name, uid } = pod.metadata;
    const channel = statusWriter.open({ namespace, name, uid }, pod.status);
    const wakeAtMs = Number.POSITIVE_INFINITY;
    const worker = { pod, plan, requests, channel, state, podIps, timer: undefined, wakeAtMs };
    this.#workers ??= new Map();
    this.#workers.set(uid, worker);
    tally.moved(undefined, state.status.phase);
    if (state.status !== pod.status) channel.write(state.status);
    this.#step(worker);
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
      this.#enter(worker, { kind: "ended", status: reported });
      return;
    }
    const agreed =
      reported.phase === status.phase &&
      isConditionTrue(reported.conditions, "Ready") === isConditionTrue(status.conditions, "Ready");
    if (agreed) return;
    const { phase, conditions } = reported;
    channel.rebase({
      ...status,
      ...(phase === undefined ? {} : { phase }),
      ...(conditions === undefined ? {} : { conditions }),
    });
    channel.write(status);
  }

  #step(worker: Worker): void {
    const nowMs = this.#env.clock.nowMs();
    const { state, wakeAtMs } = stepPod(worker.state, this.#facts(worker, nowMs), nowMs);
    if (state !== worker.state) {
      const changed = state.status !== worker.state.status;
      this.#enter(worker, state);
      if (changed) worker.channel.write(state.status);
      if (state.kind === "removing") worker.channel.remove();
    }
    this.#wakeAt(worker, wakeAtMs, nowMs);
  }

  #enter(worker: Worker, state: PodState): void {
    const { phase } = worker.state.status;
    if (state.status.phase !== phase) this.#options.tally.moved(phase, state.status.phase);
    worker.state = state;
    if (state.kind === "ended" || state.kind === "removing") this.#releaseAddresses(worker);
  }

  #facts(worker: Worker, nowMs: number): PodFacts {
    const { pod, plan, state } = worker;
    if (state.kind === "creating" && nowMs >= state.untilMs && worker.podIps === undefined) {
      worker.podIps = this.#allocator().allocate();
    }
    return { pod, plan, hostIp: this.#options.node.ip, podIps: worker.podIps };
  }

  #wakeAt(worker: Worker, wakeAtMs: number, nowMs: number): void {
    if (wakeAtMs === worker.wakeAtMs) return;
    worker.timer?.cancel();
    worker.timer = undefined;
    worker.wakeAtMs = wakeAtMs;
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    worker.timer = this.#env.clock.schedule(wakeAtMs - nowMs, () => {
      worker.timer = undefined;
      worker.wakeAtMs = Number.POSITIVE_INFINITY;
      this.#step(worker);
    });
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
    if (podIps === undefined || pod.spec.hostNetwork === true) return;
    for (const allocator of this.#allocators) allocator.release(podIps);
  }
}
