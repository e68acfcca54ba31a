import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { Client } from "../client/index.ts";
import type { JsonObject } from "../k8s/json.ts";
import { pods } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Pod, PodStatus } from "../k8s/types/core.ts";
import type { Condition } from "../k8s/types/meta.ts";
import { toNumber } from "./answers.ts";
import { isTerminalPhase } from "./pod-status.ts";
import type { PodRef, StatusChannel, StatusWriter } from "./status-writer.ts";
import { isEmpty, twoWayMergePatch } from "./two-way-merge.ts";

/** How often statuses that could not be written, or were changed by others, are looked at again. */
const syncPeriodMs = 10_000;

/** Lists of a pod's status that are merged, and by what. */
const mergeKeys = { conditions: "type", podIPs: "ip", hostIPs: "ip" };
/** What is somebody else's in a pod's status. */
const foreignMembers = [
  "resourceClaimStatuses",
  "extendedResourceClaimStatus",
  "nodeAllocatableResourceClaimStatuses",
] as const;
/** `PodConditionByKubelet` of `pkg/kubelet/types/pod_status.go`. */
const ownConditions: ReadonlySet<string> = new Set([
  "PodScheduled",
  "Ready",
  "Initialized",
  "ContainersReady",
  "PodReadyToStartContainers",
  "PodResizeInProgress",
  "PodResizePending",
]);

/**
 * Writes the statuses of the pods of one kubelet, as `pkg/kubelet/status/status_manager.go` does: one
 * pod after the other, each read before it is patched with what differs, and deleted once nothing is
 * left of it. What comes while a batch is on its way waits for the next, so that a status may be
 * skipped; what fails is tried again with the next batch, at the latest after ten seconds.
 */
export function createStatusManager(client: Client, env: Env): StatusWriter {
  return new Manager(client, env);
}

/** What a batch took of a pod; there may be news before it comes to it. */
interface Snapshot {
  readonly pod: ManagedPod;
  readonly status: PodStatus;
  readonly version: number;
  readonly isFinished: boolean;
}

class Manager implements StatusWriter {
  readonly #client: Client;
  readonly #env: Env;
  readonly #startMs: number;
  readonly #stop = new AbortController();
  readonly #pods = new Set<ManagedPod>();
  #isSyncing = false;
  #isTriggered = false;
  #isTicked = false;
  #tick: Timer | undefined;

  constructor(client: Client, env: Env) {
    this.#client = client;
    this.#env = env;
    this.#startMs = env.clock.monotonicMs();
  }

  get pending(): number {
    let count = 0;
    for (const pod of this.#pods) if (pod.isPending) count += 1;
    return count;
  }

  open(ref: PodRef): StatusChannel {
    return new ManagedPod(this, ref);
  }

  trigger(pod: ManagedPod): void {
    if (this.#stop.signal.aborted) return;
    this.#pods.add(pod);
    this.#isTriggered = true;
    this.#start();
  }

  /** Has the pod looked at with the next tick. */
  await(): void {
    if (this.#tick !== undefined || this.#stop.signal.aborted) return;
    const { clock } = this.#env;
    const sinceMs = (clock.monotonicMs() - this.#startMs) % syncPeriodMs;
    this.#tick = clock.schedule(syncPeriodMs - sinceMs, () => {
      this.#tick = undefined;
      this.#isTicked = true;
      this.#start();
    });
  }

  forget(pod: ManagedPod): void {
    this.#pods.delete(pod);
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the kubelet has ended"));
    this.#tick?.cancel();
    this.#pods.clear();
  }

  #start(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    // What else is said at this moment belongs to the same batch.
    await undefined;
    while ((this.#isTriggered || this.#isTicked) && !this.#stop.signal.aborted) {
      const all = this.#isTicked;
      this.#isTriggered = false;
      this.#isTicked = false;
      for (const snapshot of this.#batch(all)) {
        if (this.#stop.signal.aborted) break;
        await this.#syncPod(snapshot);
      }
    }
    this.#isSyncing = false;
    for (const pod of this.#pods) if (pod.isPending || pod.deviates) this.await();
  }

  #batch(all: boolean): readonly Snapshot[] {
    const batch: Snapshot[] = [];
    for (const pod of this.#pods) {
      const { status, version, isFinished } = pod;
      if (status === undefined || !(pod.isPending || (all && pod.deviates))) continue;
      batch.push({ pod, status, version, isFinished });
    }
    return batch;
  }

  async #syncPod(snapshot: Snapshot): Promise<void> {
    try {
      await this.#write(snapshot);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#env.log.debug("A pod could not be written", { pod: snapshot.pod.ref, error });
    }
  }

  async #write({ pod, status, version, isFinished }: Snapshot): Promise<void> {
    const { namespace, name, uid } = pod.ref;
    const ref = { namespace, name };
    const { signal } = this.#stop;
    const found = await this.#read(ref, signal);
    if (found?.metadata.uid !== uid) {
      // A kubelet goes on asking for a pod that is gone, until it is done with it.
      if (found !== undefined || isFinished || pod.isClosed) this.forget(pod);
      return;
    }
    let current = found;
    const patch = patchOf(found, status);
    if (patch !== undefined) {
      const type = "application/strategic-merge-patch+json";
      current = await this.#client.patch(pods, ref, type, patch, { subresource: "status", signal });
      pod.writtenVersion = toNumber(current.metadata.resourceVersion);
    }
    pod.synced(version);
    if (!isFinished || !isDeletable(current)) return;
    const preconditions = { uid };
    await this.#client.delete(pods, ref, { gracePeriodSeconds: 0, preconditions, signal });
    this.forget(pod);
  }

  async #read(ref: Omit<PodRef, "uid">, signal: AbortSignal): Promise<Pod | undefined> {
    try {
      return await this.#client.get(pods, ref, { signal });
    } catch (error) {
      if (isApiError(error, "NotFound")) return undefined;
      throw error;
    }
  }
}

class ManagedPod implements StatusChannel {
  readonly ref: PodRef;
  readonly #manager: Manager;
  status: PodStatus | undefined;
  /** Counts what was said, and what of it is written. */
  version = 0;
  #syncedVersion = 0;
  isFinished = false;
  isClosed = false;
  /** The API server says otherwise, by somebody else. */
  deviates = false;
  writtenVersion = 0;

  constructor(manager: Manager, ref: PodRef) {
    this.#manager = manager;
    this.ref = ref;
  }

  get isPending(): boolean {
    return this.#syncedVersion < this.version;
  }

  get idle(): boolean {
    return !this.isPending;
  }

  write(status: PodStatus): void {
    this.status = status;
    this.version += 1;
    this.#manager.trigger(this);
  }

  restate(): void {
    this.deviates = true;
    this.#manager.await();
  }

  remove(): void {
    this.isFinished = true;
    this.version += 1;
    this.#manager.trigger(this);
  }

  synced(version: number): void {
    this.#syncedVersion = version;
    this.deviates = false;
  }

  /** What is not written yet is asked for once more. */
  close(): void {
    this.isClosed = true;
    if (!this.isPending) this.#manager.forget(this);
  }
}

/** What differs between what the API server has and what the kubelet says; undefined if nothing does. */
function patchOf(
  { metadata, status: reported = {} }: Pod,
  wanted: PodStatus,
): JsonObject | undefined {
  const merged = mergedStatus(reported, wanted);
  const status = twoWayMergePatch(
    reported as unknown as JsonObject,
    merged as unknown as JsonObject,
    mergeKeys,
  );
  return isEmpty(status) ? undefined : { metadata: { uid: metadata.uid }, status };
}

/** `mergePodStatus`: what is not the kubelet's stays as it is. */
function mergedStatus(reported: PodStatus, wanted: PodStatus): PodStatus {
  const foreign: Record<string, unknown> = {};
  for (const member of foreignMembers) {
    const value = (reported as Readonly<Record<string, unknown>>)[member];
    if (value !== undefined) foreign[member] = value;
  }
  const conditions: Condition[] = [];
  for (const condition of reported.conditions ?? []) {
    if (!ownConditions.has(condition.type)) conditions.push(condition);
  }
  conditions.push(...(wanted.conditions ?? []));
  return { ...wanted, ...foreign, ...(conditions.length === 0 ? {} : { conditions }) };
}

function isDeletable({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp !== undefined && status !== undefined && isTerminalPhase(status)
  );
}
