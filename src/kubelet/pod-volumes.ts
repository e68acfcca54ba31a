import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { RandomStream } from "../base/random.ts";
import type { Client, EventRecorder } from "../client/index.ts";
import { persistentVolumeClaims, persistentVolumes } from "../k8s/resources.ts";
import type { Pod } from "../k8s/types/core.ts";
import { createObjectWatches, type ObjectWatches } from "./object-watches.ts";
import type { PodHabits } from "./pod-habits.ts";
import { type PodNeeds, type PodReference, type PodToken, podNeeds } from "./pod-references.ts";
import { createServiceAccountTokens, type ServiceAccountTokens } from "./service-account-tokens.ts";

export interface PodVolumesOptions {
  readonly client: Client;
  readonly habits: PodHabits;
  readonly recorder: EventRecorder | undefined;
}

/** What the pods of one kubelet need of the API server before their containers start, and after. */
export interface PodVolumes extends AsyncDisposable {
  /** Has the pod's volumes mounted; `mounted` is called when its containers can start. */
  mount(pod: Pod, mounted: () => void): void;
  /** The pod's containers have been seen to start, or to change: it is synced again. */
  sync(pod: Pod): void;
  /** The pod's volumes are needed no longer. */
  unmount(pod: Pod): void;
}

/** The reconciler and the populator of `pkg/kubelet/volumemanager` each look that often. */
const reconcileEveryMs = 100;
/** How often a pod looks whether its volumes are mounted. */
const waitEveryMs = 300;
/** Of what fails (`goroutinemap/exponentialbackoff`). */
const retryMinMs = 500;
const retryMaxMs = 122_000;

export function createPodVolumes(options: PodVolumesOptions, env: Env): PodVolumes {
  return new Volumes(options, env);
}

interface Mounts {
  readonly pod: Pod;
  readonly needs: PodNeeds;
  readonly stop: AbortController;
}

class Volumes implements PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #env: Env;
  readonly #watches: ObjectWatches;
  readonly #tokens: ServiceAccountTokens;
  readonly #random: RandomStream;
  readonly #phaseMs: number;
  /** By the UIDs of pods. */
  readonly #mounts = new Map<string, Mounts>();

  constructor(options: PodVolumesOptions, env: Env) {
    const { client, habits } = options;
    this.#options = options;
    this.#env = env;
    this.#watches = createObjectWatches(client, habits, env);
    this.#tokens = createServiceAccountTokens(client, habits.syncFrequencyMs, env);
    this.#random = env.random.stream(`volumes/${env.random.uuid()}`);
    this.#phaseMs = this.#random.below(reconcileEveryMs);
  }

  mount(pod: Pod, mounted: () => void): void {
    const needs = podNeeds(pod);
    const { references, hasVolumes } = needs;
    if (references.length === 0 && !hasVolumes) {
      mounted();
      return;
    }
    const mounts = { pod, needs, stop: new AbortController() };
    this.#mounts.set(pod.metadata.uid, mounts);
    const namespace = namespaceOf(pod);
    for (const reference of references) this.#watches.addReference(namespace, reference);
    this.#run(mounts, () => this.#mount(mounts, mounted));
  }

  sync(pod: Pod): void {
    const mounts = this.#mounts.get(pod.metadata.uid);
    if (mounts === undefined || mounts.needs.claims.length === 0) return;
    this.#run(mounts, () => this.#readClaimsAgain(mounts));
  }

  unmount(pod: Pod): void {
    const { uid } = pod.metadata;
    const mounts = this.#mounts.get(uid);
    if (mounts === undefined) return;
    this.#mounts.delete(uid);
    mounts.stop.abort();
    this.#tokens.forget(pod);
    const namespace = namespaceOf(pod);
    for (const reference of mounts.needs.references) {
      this.#watches.deleteReference(namespace, reference);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#mounts.values()) stop.abort();
    this.#mounts.clear();
    this.#tokens[Symbol.dispose]();
    await this.#watches[Symbol.asyncDispose]();
  }

  #run({ pod, stop }: Mounts, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (stop.signal.aborted) return;
      this.#env.log.warn("the volumes of a pod were given up", { pod: pod.metadata.name, error });
    });
  }

  async #mount(mounts: Mounts, mounted: () => void): Promise<void> {
    const { clock } = this.#env;
    const { signal } = mounts.stop;
    const { references, hasVolumes } = mounts.needs;
    if (hasVolumes) {
      const sinceMs = clock.monotonicMs();
      // One finds the pod, the other its volumes.
      const nextMs = reconcileEveryMs - ((sinceMs + this.#phaseMs) % reconcileEveryMs);
      await sleep(clock, nextMs + reconcileEveryMs, signal);
      await this.#untilDone(mounts, "FailedMount", () => this.#mountVolumes(mounts));
      const tookMs = clock.monotonicMs() - sinceMs;
      await sleep(clock, waitEveryMs - (tookMs % waitEveryMs), signal);
    }
    const environment = references.filter(({ isHeld }) => !isHeld);
    if (environment.length > 0) {
      await this.#untilDone(mounts, "Failed", () => this.#findAll(mounts.pod, environment));
    }
    if (!signal.aborted) mounted();
  }

  /** Tries until it succeeds, with the back-off of the volume manager. @throws when it is stopped */
  async #untilDone(
    { pod, stop }: Mounts,
    reason: "FailedMount" | "Failed",
    work: () => Promise<void>,
  ): Promise<void> {
    for (let delayMs = retryMinMs; ; delayMs = Math.min(2 * delayMs, retryMaxMs)) {
      try {
        await work();
        return;
      } catch (error) {
        stop.signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        this.#options.recorder?.event(pod, "Warning", reason, message);
        await sleep(this.#env.clock, delayMs, stop.signal);
      }
    }
  }

  async #mountVolumes({ pod, needs, stop }: Mounts): Promise<void> {
    const { claims, references, tokens } = needs;
    for (const claim of claims) await this.#readClaim(pod, claim, stop.signal);
    await Promise.all([
      this.#findAll(
        pod,
        references.filter(({ isHeld }) => isHeld),
      ),
      ...tokens.map((token) => this.#fetchToken(pod, token)),
      ...claims.map((claim) => this.#getClaim(pod, claim, stop.signal)),
    ]);
  }

  /** @throws when one that is required is missing, or not known yet */
  async #findAll(pod: Pod, references: readonly PodReference[]): Promise<void> {
    const namespace = namespaceOf(pod);
    const found = await Promise.all(
      references.map((reference) => this.#watches.find(namespace, reference)),
    );
    references.forEach(({ kind, name, isRequired, volume }, index) => {
      if (!isRequired || found[index] === "present") return;
      const noun = kind.toLowerCase();
      const fault =
        found[index] === "absent"
          ? `${noun} "${name}" not found`
          : `failed to sync ${noun} cache: timed out waiting for the condition`;
      throw new Error(volume === undefined ? `Error: ${fault}` : mountFault(volume, fault));
    });
  }

  async #fetchToken(pod: Pod, token: PodToken): Promise<void> {
    try {
      await this.#tokens.fetch(pod, token);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      const fault = `failed to fetch token: ${message}`;
      throw new Error(mountFault(token.volume, fault), { cause });
    }
  }

  /** The populator reads a claim and its volume, and again with each sync of the pod. */
  async #readClaim(pod: Pod, name: string, signal: AbortSignal): Promise<void> {
    const { spec, status } = await this.#getClaim(pod, name, signal);
    if (status?.phase !== "Bound") throw new Error("PVC is not bound");
    const volumeName = spec?.volumeName ?? "";
    await this.#options.client.get(persistentVolumes, { name: volumeName }, { signal });
  }

  #getClaim(pod: Pod, name: string, signal: AbortSignal) {
    const ref = { namespace: namespaceOf(pod), name };
    return this.#options.client.get(persistentVolumeClaims, ref, { signal });
  }

  async #readClaimsAgain({ pod, needs, stop }: Mounts): Promise<void> {
    const { clock } = this.#env;
    const { syncFrequencyMs } = this.#options.habits;
    for (;;) {
      for (const claim of needs.claims) {
        await this.#readClaim(pod, claim, stop.signal).catch(() => {}); // With the next sync, then.
      }
      await sleep(clock, syncFrequencyMs + this.#random.below(syncFrequencyMs / 2), stop.signal);
    }
  }
}

/** The words of `pkg/volume/util/operationexecutor`. */
function mountFault(volume: string, fault: string): string {
  return `MountVolume.SetUp failed for volume "${volume}" : ${fault}`;
}

function namespaceOf({ metadata }: Pod): string {
  return metadata.namespace ?? "default";
}
