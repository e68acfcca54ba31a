import type { Env } from "../base/env.ts";
import type { RandomStream } from "../base/random.ts";
import type { Client, EventRecorder } from "../client/index.ts";
import type { Pod } from "../k8s/types/core.ts";
import type { IpRange } from "./ip-range.ts";
import type { NodeIdentity } from "./node-template.ts";
import type { PodBehavior } from "./pod-behavior.ts";
import { podEvents, startedContainers } from "./pod-events.ts";
import type { PodHabits } from "./pod-habits.ts";
import type { PodHandler } from "./pod-source.ts";
import type { PodState } from "./pod-state.ts";
import { createPodVolumes, type PodVolumes } from "./pod-volumes.ts";
import {
  createPodWorkers,
  type PodRuntime,
  type PodTally,
  type PodWorkers,
} from "./pod-workers.ts";
import { createStatusManager } from "./status-manager.ts";
import type { StatusWriter } from "./status-writer.ts";

export interface PodManagerOptions {
  readonly node: NodeIdentity;
  /** Where pod addresses come from unless the node has a `podCIDR`. */
  readonly podRange: IpRange;
  readonly habits: PodHabits;
  /** The kubelet's main client, with its limiter. */
  readonly client: Client;
  readonly behavior: PodBehavior;
  readonly tally: PodTally;
  /** Says what happens to pods; undefined where nothing is said. It stays the caller's. */
  readonly recorder: EventRecorder | undefined;
  /** An image was pulled, or was there already, for a container: the node's status is to name it. */
  imagePulled?(image: string): void;
}

/** The pods of a kubelet that runs by itself, and all that it asks of the API server for them. */
export interface PodManager extends PodHandler, AsyncDisposable {
  readonly size: number;
  /** The node's own ranges, `spec.podCIDRs`: new pods get their addresses from these. */
  usePodCidrs(cidrs: readonly string[]): void;
}

/** `pkg/kubelet/pleg`: all containers are looked at once a second. */
const relistEveryMs = 1_000;

export function createPodManager(options: PodManagerOptions, env: Env): PodManager {
  return new Manager(options, env);
}

/** A class, since there are thousands of them. */
class Manager implements PodManager, PodRuntime {
  readonly #options: PodManagerOptions;
  readonly #env: Env;
  readonly #random: RandomStream;
  readonly #workers: PodWorkers;
  readonly #statuses: StatusWriter;
  /** Made with the first pod: most nodes of a large fleet have none for long. */
  #volumes: PodVolumes | undefined;
  /** When within a second the containers are looked at. */
  readonly #relistPhaseMs: number;
  /** Images that the node has. Made with the first. */
  #images: Set<string> | undefined;

  constructor(options: PodManagerOptions, env: Env) {
    const { node, podRange, habits, client, behavior, tally } = options;
    this.#options = options;
    this.#env = env;
    this.#random = env.random.stream(`pods/${node.name}`);
    this.#relistPhaseMs = this.#random.below(relistEveryMs);
    this.#statuses = createStatusManager(client, env);
    const statusWriter = this.#statuses;
    this.#workers = createPodWorkers(
      { node, podRange, habits, behavior, tally, statusWriter, runtime: this },
      env,
    );
  }

  get size(): number {
    return this.#workers.size;
  }

  changed(pod: Pod): void {
    this.#workers.changed(pod);
  }

  removed(pod: Pod): void {
    this.#workers.removed(pod);
  }

  usePodCidrs(cidrs: readonly string[]): void {
    this.#workers.usePodCidrs(cidrs);
  }

  relistedAt(ms: number): number {
    return (
      Math.floor((ms - this.#relistPhaseMs) / relistEveryMs) * relistEveryMs + this.#relistPhaseMs
    );
  }

  relistAt(ms: number): number {
    return (
      Math.ceil((ms - this.#relistPhaseMs) / relistEveryMs) * relistEveryMs + this.#relistPhaseMs
    );
  }

  admit(pod: Pod, mounted: () => void): void {
    this.#volumes ??= createPodVolumes(this.#options, this.#env);
    this.#volumes.mount(pod, mounted);
  }

  entered(pod: Pod, before: PodState | undefined, state: PodState): void {
    const { recorder, habits } = this.#options;
    if (recorder !== undefined) {
      const isPresent = (image: string): boolean => this.#images?.has(image) === true;
      for (const event of podEvents(pod, before, state, habits, isPresent, this.#random)) {
        recorder.event(pod, event.type, event.reason, event.message, event.fieldPath);
      }
    }
    for (const { image } of startedContainers(pod, before?.status, state.status)) {
      this.#images ??= new Set();
      this.#images.add(image);
      this.#options.imagePulled?.(image);
    }
    if (state.kind === "running" && before !== undefined && before.kind !== "running") {
      this.#volumes?.sync(pod);
    }
    const isOver = state.kind === "ended" && pod.metadata.deletionTimestamp === undefined;
    if (isOver || state.kind === "removing") this.#volumes?.unmount(pod);
  }

  forget(pod: Pod): void {
    this.#volumes?.unmount(pod);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#workers[Symbol.dispose]();
    this.#statuses[Symbol.dispose]();
    await this.#volumes?.[Symbol.asyncDispose]();
  }
}
