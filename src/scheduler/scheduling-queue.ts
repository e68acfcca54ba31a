import type { Clock, Timer } from "../base/clock.ts";
import type { FilterName } from "./filters/filter.ts";
import { createHeap } from "./heap.ts";
import { asksTheSame, type PodInfo } from "./pod-info.ts";

export interface SchedulingQueueOptions {
  /** How long a pod waits after its first try; it doubles with each. Milliseconds. */
  readonly backoffInitialMs: number;
  readonly backoffMaxMs: number;
  /** Called when a pod has become ready. */
  readonly onReady: () => void;
}

/** Where a pod stands. */
type Stand =
  | { readonly kind: "active" }
  /** Its scheduling gates are not lifted. */
  | { readonly kind: "gated" }
  | { readonly kind: "backoff"; readonly timer: Timer }
  /** No node will do, until something changes that bears on one of `plugins`. */
  | {
      readonly kind: "unschedulable";
      readonly plugins: ReadonlySet<FilterName>;
      readonly timer: Timer;
    }
  /** Handed out. */
  | { readonly kind: "inFlight" }
  /** Taken out for good. */
  | { readonly kind: "gone" };

interface QueuedPod {
  info: PodInfo;
  stand: Stand;
  /** Who came first among equal priorities. */
  readonly sequence: number;
  attempts: number;
  /** Until when it is not tried again, whatever happens. Monotonic. */
  backoffUntilMs: number;
}

/** How many pods stand where. */
export type PendingPods = Readonly<Record<Exclude<Stand["kind"], "gone">, number>>;

/** The longest that a pod waits for a change (`DefaultPodMaxInUnschedulablePodsDuration`). */
const unschedulableMaxMs = 5 * 60_000;

/**
 * The pods that want a node, by uid, as in kube-scheduler's `backend/queue`: higher priorities
 * first, then who came first. Who found no node waits until something relevant changes, but no
 * longer than five minutes, and is not tried again before its back-off is over.
 */
export class SchedulingQueue {
  readonly #options: SchedulingQueueOptions;
  readonly #clock: Clock;
  readonly #pods = new Map<string, QueuedPod>();
  /** Also holds pods that stand elsewhere by now; they are left out when they come up. */
  readonly #active = createHeap<QueuedPod>(isBefore);
  readonly #unschedulable = new Set<QueuedPod>();
  readonly #unschedulableBy = new Map<FilterName, Set<QueuedPod>>();
  #sequence = 0;

  constructor(options: SchedulingQueueOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = clock;
  }

  get pending(): PendingPods {
    const counts = { active: 0, gated: 0, backoff: 0, unschedulable: 0, inFlight: 0 };
    for (const { stand } of this.#pods.values()) if (stand.kind !== "gone") counts[stand.kind] += 1;
    return counts;
  }

  /** A pod that is new, or has changed. Its priority never changes. */
  set(info: PodInfo): void {
    const known = this.#pods.get(info.uid);
    if (known === undefined) {
      this.#add(info);
      return;
    }
    const isSame = asksTheSame(known.info.pod, info.pod);
    known.info = info;
    const { kind } = known.stand;
    if (kind === "gated" && !isGated(info)) this.#activate(known);
    if (kind === "unschedulable" && !isSame) this.#activate(known);
  }

  /** A pod that wants no node any more. */
  remove(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    this.#pods.delete(uid);
    this.#move(pod, { kind: "gone" });
  }

  /** Hands out the next pod: `done`, `waitForChange` or `retry` is to follow. */
  pop(): PodInfo | undefined {
    for (let pod = this.#active.pop(); pod !== undefined; pod = this.#active.pop()) {
      if (pod.stand.kind !== "active") continue;
      pod.attempts += 1;
      this.#move(pod, { kind: "inFlight" });
      return pod.info;
    }
    return undefined;
  }

  /** The pod that was handed out has a node. */
  done(uid: string): void {
    if (this.#inFlight(uid) !== undefined) this.remove(uid);
  }

  /** No node would do for the pod that was handed out: `plugins` turned them down. */
  waitForChange(uid: string, plugins: ReadonlySet<FilterName>): void {
    const pod = this.#inFlight(uid);
    if (pod === undefined) return;
    this.#backOff(pod);
    const timer = this.#clock.schedule(unschedulableMaxMs, () => this.#activate(pod));
    this.#move(pod, { kind: "unschedulable", plugins, timer });
  }

  /** Something else went wrong with the pod that was handed out: again, after its back-off. */
  retry(uid: string): void {
    const pod = this.#inFlight(uid);
    if (pod === undefined) return;
    this.#backOff(pod);
    this.#activate(pod);
  }

  /** Something has changed that makes these plugins think again; by default, all of them. */
  wake(plugins?: readonly FilterName[]): void {
    if (plugins === undefined) {
      for (const pod of [...this.#unschedulable]) this.#activate(pod);
      return;
    }
    for (const plugin of plugins) {
      for (const pod of [...(this.#unschedulableBy.get(plugin) ?? [])]) this.#activate(pod);
    }
  }

  close(): void {
    for (const uid of [...this.#pods.keys()]) this.remove(uid);
  }

  #add(info: PodInfo): void {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const stand: Stand = { kind: "gated" };
    const pod: QueuedPod = { info, stand, sequence, attempts: 0, backoffUntilMs: 0 };
    this.#pods.set(info.uid, pod);
    if (!isGated(info)) this.#activate(pod);
  }

  #activate(pod: QueuedPod): void {
    const delayMs = pod.backoffUntilMs - this.#clock.monotonicMs();
    if (delayMs <= 0) {
      this.#move(pod, { kind: "active" });
      return;
    }
    const timer = this.#clock.schedule(delayMs, () => this.#move(pod, { kind: "active" }));
    this.#move(pod, { kind: "backoff", timer });
  }

  #backOff(pod: QueuedPod): void {
    const { backoffInitialMs, backoffMaxMs } = this.#options;
    const delayMs = Math.min(backoffInitialMs * 2 ** (pod.attempts - 1), backoffMaxMs);
    pod.backoffUntilMs = this.#clock.monotonicMs() + delayMs;
  }

  #inFlight(uid: string): QueuedPod | undefined {
    const pod = this.#pods.get(uid);
    return pod?.stand.kind === "inFlight" ? pod : undefined;
  }

  /** The one place where a pod changes its stand. */
  #move(pod: QueuedPod, stand: Stand): void {
    const previous = pod.stand;
    pod.stand = stand;
    if (previous.kind === "backoff" || previous.kind === "unschedulable") previous.timer.cancel();
    if (previous.kind === "unschedulable") {
      this.#unschedulable.delete(pod);
      for (const plugin of previous.plugins) this.#unschedulableBy.get(plugin)?.delete(pod);
    }
    if (stand.kind === "unschedulable") {
      this.#unschedulable.add(pod);
      for (const plugin of stand.plugins) this.#waiting(plugin).add(pod);
    }
    if (stand.kind === "active") {
      this.#active.push(pod);
      this.#options.onReady();
    }
  }

  #waiting(plugin: FilterName): Set<QueuedPod> {
    const known = this.#unschedulableBy.get(plugin);
    if (known !== undefined) return known;
    const waiting = new Set<QueuedPod>();
    this.#unschedulableBy.set(plugin, waiting);
    return waiting;
  }
}

function isGated({ pod }: PodInfo): boolean {
  return (pod.spec.schedulingGates ?? []).length > 0;
}

function isBefore(left: QueuedPod, right: QueuedPod): boolean {
  const { priority } = left.info;
  const { priority: otherPriority } = right.info;
  return priority === otherPriority ? left.sequence < right.sequence : priority > otherPriority;
}
