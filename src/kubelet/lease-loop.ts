import { sleep, type Timer } from "../base/clock.ts";
import { toMicroTime } from "../base/rfc3339.ts";
import { leases, nodes } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Lease } from "../k8s/types/coordination.ts";
import type { ToCreate } from "../k8s/types/meta.ts";
import { jittered, type KubeletParts } from "./kubelet-parts.ts";
import { leaseNamespace } from "./node-template.ts";

/** How often an update is tried, one try after the other. */
const updateTriesMax = 5;
const backoffMaxMs = 7_000;

/**
 * Keeps the Lease of one node as `component-helpers/apimachinery/lease/controller.go` does: it is
 * written from the last answer, four times in its duration; looked up and made when that fails.
 */
export class LeaseLoop {
  readonly #parts: KubeletParts;
  #lease: Lease | undefined;
  #timer: Timer | undefined;
  #renewedMs: number | undefined;
  #ownerHasChanged = false;

  constructor(parts: KubeletParts) {
    this.#parts = parts;
  }

  start(): void {
    void this.#sync();
  }

  /** The Node has been registered again: the Lease is to belong to the new one. */
  changeOwner(): void {
    this.#lease = undefined;
    this.#ownerHasChanged = true;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #sync(): Promise<void> {
    const { env, habits, random, signal, observer } = this.#parts;
    try {
      const known = this.#lease;
      if (known === undefined || !(await this.#update(known))) await this.#claim();
    } catch (error) {
      if (signal.aborted) return;
      observer.leaseFailed();
      env.log.debug("a Lease was not renewed", { node: this.#parts.node.name, error });
    }
    if (signal.aborted) return;
    const periodMs = jittered(habits.leaseDurationS * 250, 0.04, random);
    this.#timer = env.clock.schedule(periodMs, () => void this.#sync());
  }

  async #claim(): Promise<void> {
    const { lease, created } = await this.#ensureWithBackoff();
    this.#lease = lease;
    if (lease !== undefined && !created) await this.#update(lease);
  }

  /** Returns whether it has succeeded. */
  async #update(known: Lease): Promise<boolean> {
    const { heartbeats, untilEnd, signal, observer, env, node } = this.#parts;
    let base: Lease | undefined = known;
    let failure: unknown;
    for (let tries = 0; tries < updateTriesMax; tries += 1) {
      try {
        const next: Lease = { ...base, ...(await this.#next(base)) } as Lease;
        if (!(await this.#parts.mayWrite())) return true;
        this.#lease = await heartbeats.update(leases, next, untilEnd);
        this.#wasRenewed();
        return true;
      } catch (error) {
        if (signal.aborted) throw error;
        failure = error;
        if (isApiError(error, "Conflict")) base = (await this.#ensureWithBackoff()).lease;
      }
    }
    observer.leaseFailed();
    env.log.debug("a Lease was not renewed", { node: node.name, error: failure });
    return false;
  }

  async #ensureWithBackoff(): Promise<{
    readonly lease: Lease | undefined;
    readonly created: boolean;
  }> {
    const { env, signal, random, observer } = this.#parts;
    let delayMs = 100;
    for (;;) {
      try {
        return await this.#ensure();
      } catch (error) {
        if (signal.aborted) throw error;
        if (delayMs === 100) observer.leaseFailed();
        delayMs = Math.min(2 * delayMs, backoffMaxMs);
        await sleep(env.clock, jittered(delayMs, 0.1, random), signal);
      }
    }
  }

  async #ensure(): Promise<{ readonly lease: Lease | undefined; readonly created: boolean }> {
    const { heartbeats, untilEnd, node } = this.#parts;
    const ref = { namespace: leaseNamespace, name: node.name };
    try {
      return { lease: await heartbeats.get(leases, ref, untilEnd), created: false };
    } catch (error) {
      if (!isApiError(error, "NotFound")) throw error;
    }
    let next: ToCreate<Lease>;
    try {
      next = await this.#next(undefined);
    } catch (error) {
      if (this.#parts.signal.aborted) throw error;
      // Without a Node there is no owner to name: the next turn is time enough.
      return { lease: undefined, created: false };
    }
    if (!(await this.#parts.mayWrite())) return { lease: undefined, created: false };
    const lease = await heartbeats.create(leases, next, untilEnd);
    this.#wasRenewed();
    return { lease, created: true };
  }

  /** What to write. @throws ApiError or TransportError when the Node, its owner, cannot be read */
  async #next(base: Lease | undefined): Promise<ToCreate<Lease>> {
    const { node, habits, env, heartbeats, untilEnd } = this.#parts;
    const { name } = node;
    let metadata: Partial<Lease["metadata"]> = base?.metadata ?? {
      name,
      namespace: leaseNamespace,
    };
    if (this.#ownerHasChanged || (metadata.ownerReferences ?? []).length === 0) {
      const { uid } = (await heartbeats.get(nodes, { name }, untilEnd)).metadata;
      this.#ownerHasChanged = false;
      const owner = { apiVersion: "v1", kind: "Node", name, uid };
      metadata = { ...metadata, ownerReferences: [owner] };
    }
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata,
      spec: {
        ...(base?.spec ?? { holderIdentity: name }),
        leaseDurationSeconds: habits.leaseDurationS,
        renewTime: toMicroTime(env.clock.nowMs()),
      },
    };
  }

  #wasRenewed(): void {
    const { env, observer } = this.#parts;
    const nowMs = env.clock.monotonicMs();
    observer.leaseRenewed(this.#renewedMs === undefined ? undefined : nowMs - this.#renewedMs);
    this.#renewedMs = nowMs;
  }
}
