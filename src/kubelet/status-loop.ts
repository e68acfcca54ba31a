import { sleep, type Timer } from "../base/clock.ts";
import { findCondition } from "../k8s/conditions.ts";
import { nodes } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Node, NodeStatus, NodeSystemInfo } from "../k8s/types/core.ts";
import { csiNodeNotYet } from "./csi-node-loop.ts";
import { jittered, type KubeletParts } from "./kubelet-parts.ts";
import { tryRegister } from "./kubelet-registration.ts";
import { nodeAddresses, nodeInfoOf } from "./node-object.ts";
import {
  nextNodeStatus,
  nodePatch,
  nodeStatusEvents,
  nodeStatusHasChanged,
} from "./node-status-update.ts";
import { PulledImages } from "./pulled-images.ts";
import type { NodeFailure } from "./running-kubelet.ts";

/** Who hears of what becomes of the Node. */
export interface StatusListener {
  /** It is there, and ours. @param again it was before */
  registered(again: boolean): void;
  registrationFailed(failure: NodeFailure): void;
  /** To be said in an event. */
  nodeEvent(reason: string): void;
}

/** `nodeStatusUpdateRetry`: how often a status is tried, one try after the other. */
const updateTriesMax = 5;
const registerDelay = { initialMs: 100, maxMs: 7_000 };
/** By then the watch has told of the Node that was just made; a kubelet needs as long to go on. */
const settleMs = 5;
/** How often a node that starts looks whether it has become Ready, and for how long. */
const fastEveryMs = 100;
const fastForMs = 120_000;

const labels = { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" };
const patchType = "application/strategic-merge-patch+json";

/**
 * Registers one Node and keeps its status (`pkg/kubelet/kubelet_node_status.go`): looked at each
 * 10 s, sent when something has changed or 5 minutes have passed; while the node starts also looked
 * at each 100 ms, so that it is Ready as soon as it can.
 */
export class StatusLoop {
  readonly #parts: KubeletParts;
  readonly #listener: StatusListener;
  readonly #nodeInfo: NodeSystemInfo;
  readonly #addresses: NodeStatus["addresses"];
  readonly #images: PulledImages;
  readonly #startedMs: number;
  /** Why the node is not Ready; undefined when it is. */
  notReady: string | undefined = csiNodeNotYet;
  #registrations = 0;
  #isRegistered = false;
  #reportedMs: number | undefined;
  #reportDelayMs = 0;
  #podCidrs = "";
  /** A server of before NodeDeclaredFeatures drops them; it is not told again and again. */
  #declares = true;
  /** What a look has found to be right already. */
  #agreed: { node: Node; images: NodeStatus["images"]; notReady: string | undefined } | undefined;
  /** The two loops exclude each other, as by the kubelet's mutex. */
  #isBusy = false;
  #fastWaits = false;
  #timer: Timer | undefined;
  #fastTimer: Timer | undefined;

  constructor(parts: KubeletParts, listener: StatusListener) {
    const { node, habits, env } = parts;
    this.#parts = parts;
    this.#listener = listener;
    this.#nodeInfo = nodeInfoOf(habits.node, env.random.stream(`node/${node.name}`));
    this.#addresses = nodeAddresses(node);
    this.#startedMs = env.clock.monotonicMs();
    this.#images = new PulledImages(this.#startedMs);
  }

  start(): void {
    void this.#sync();
    void this.#fastLook();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#fastTimer?.cancel();
  }

  imagePulled(image: string): void {
    this.#images.add(image, this.#parts.env.clock.monotonicMs());
  }

  async #sync(): Promise<void> {
    const { env, habits, random, signal, node } = this.#parts;
    if (this.#isBusy) {
      this.#timer = env.clock.schedule(fastEveryMs, () => void this.#sync());
      return;
    }
    this.#isBusy = true;
    try {
      if (!this.#isRegistered && !(await this.#register())) return;
      await this.#update();
    } catch (error) {
      if (signal.aborted) return;
      env.log.debug("a node status was not posted", { node: node.name, error });
    }
    this.#isBusy = false;
    const delayMs = jittered(habits.statusUpdateMs, 0.04, random);
    this.#timer = env.clock.schedule(delayMs, () => void this.#sync());
    if (this.#fastWaits) void this.#fastLook();
  }

  /** Tries until it has succeeded. Returns false if the Node is somebody else's. */
  async #register(): Promise<boolean> {
    const { env, signal } = this.#parts;
    let delayMs = registerDelay.initialMs;
    for (;;) {
      await sleep(env.clock, delayMs, signal);
      delayMs = Math.min(2 * delayMs, registerDelay.maxMs);
      const attempt = await tryRegister(this.#parts, this.#next(undefined));
      if (attempt.kind === "registered") break;
      this.#listener.registrationFailed(attempt.failure);
      if (attempt.failure.reason === "NodeNotOurs") return false;
    }
    this.#isRegistered = true;
    this.#registrations += 1;
    this.#listener.registered(this.#registrations > 1);
    await sleep(env.clock, settleMs, signal);
    return true;
  }

  async #update(): Promise<void> {
    const { signal, env, habits, node } = this.#parts;
    let isGone = true;
    for (let tries = 0; tries < updateTriesMax; tries += 1) {
      try {
        if (await this.#tryUpdate(tries)) return;
      } catch (error) {
        if (signal.aborted) throw error;
        env.log.debug("a node status was not posted", { node: node.name, error });
        isGone &&= isApiError(error, "NotFound");
      }
    }
    if (!isGone || !habits.switches.Reregister) return;
    this.#isRegistered = false;
    this.#reportedMs = undefined;
    if (await this.#register()) await this.#tryUpdate(0);
  }

  /** Returns false when the Node is not there. */
  async #tryUpdate(tries: number): Promise<boolean> {
    const { ownNode, habits, heartbeats, node, signal, untilEnd, env, random } = this.#parts;
    const fromWatch = tries === 0 && !habits.statusReadsNode;
    const original = fromWatch
      ? ownNode.node
      : await heartbeats.get(
          nodes,
          { name: node.name },
          tries === 0 ? { signal, resourceVersion: "0" } : untilEnd,
        );
    if (original === undefined) return false;
    const nowMs = env.clock.monotonicMs();
    const isDue =
      this.#reportedMs === undefined ||
      nowMs - this.#reportedMs >= habits.statusReportMs + this.#reportDelayMs;
    if (!isDue && this.#isAgreed(original, nowMs)) return true;
    const { status, hasChanged } = this.#look(original);
    if (!hasChanged && !isDue) return true;
    if (habits.statusReportJitter) {
      const isAnew = hasChanged || this.#reportedMs === undefined;
      this.#reportDelayMs = isAnew ? habits.statusReportMs * (random.next() - 0.5) : 0;
    }
    await this.#patch(original, status);
    return true;
  }

  /** One look of the loop that ends when the node is Ready. */
  async #fastLook(): Promise<void> {
    if (this.#isBusy) {
      this.#fastWaits = true;
      return;
    }
    this.#fastWaits = false;
    const { env, ownNode, signal, node } = this.#parts;
    if (env.clock.monotonicMs() - this.#startedMs >= fastForMs) return;
    const original = ownNode.node;
    const ready = findCondition(original?.status?.conditions, "Ready");
    if (ready?.status === "True") return;
    if (original !== undefined && ready !== undefined) {
      if (this.notReady === undefined) {
        this.#isBusy = true;
        try {
          await this.#patch(original, this.#look(original).status);
        } catch (error) {
          if (signal.aborted) return;
          env.log.debug("a node status was not posted", { node: node.name, error });
          await this.#update().catch(() => {}); // The next look of the other loop tries again.
        }
        this.#isBusy = false;
        return;
      }
      this.#takePodCidrs(original);
    }
    if (!signal.aborted) {
      this.#fastTimer = env.clock.schedule(fastEveryMs, () => void this.#fastLook());
    }
  }

  /** Whether a former look has found nothing to do, and nothing has happened since. */
  #isAgreed(node: Node, nowMs: number): boolean {
    const agreed = this.#agreed;
    return (
      agreed !== undefined &&
      agreed.node === node &&
      agreed.notReady === this.notReady &&
      agreed.images === this.#images.named(nowMs)
    );
  }

  #look(original: Node): { readonly status: NodeStatus; readonly hasChanged: boolean } {
    const hasNewCidrs = this.#takePodCidrs(original);
    const status = this.#next(original.status);
    const known = original.metadata.labels;
    const hasChanged =
      hasNewCidrs ||
      nodeStatusHasChanged(original.status ?? {}, status) ||
      Object.entries(labels).some(([key, value]) => known?.[key] !== value);
    if (!hasChanged) {
      this.#agreed = { node: original, images: status.images, notReady: this.notReady };
    }
    return { status, hasChanged };
  }

  /** A kubelet tells its container runtime of the node's pod ranges, and takes that for a change. */
  #takePodCidrs({ spec }: Node): boolean {
    const cidrs = (spec?.podCIDRs ?? []).join();
    if (cidrs === "" || cidrs === this.#podCidrs) return false;
    this.#podCidrs = cidrs;
    return true;
  }

  #next(previous: NodeStatus | undefined): NodeStatus {
    const { node, habits, env } = this.#parts;
    const facts = {
      capacity: node.template.capacity,
      addresses: this.#addresses,
      nodeInfo: this.#nodeInfo,
      declaredFeatures: this.#declares ? habits.node.declaredFeatures : undefined,
      images: this.#images.named(env.clock.monotonicMs()),
      notReady: this.notReady,
    };
    const next = nextNodeStatus(previous, facts, env.clock.nowMs());
    for (const reason of nodeStatusEvents(previous, next)) this.#listener.nodeEvent(reason);
    return next;
  }

  async #patch(original: Node, status: NodeStatus): Promise<void> {
    const { heartbeats, untilEnd, env, node } = this.#parts;
    const patch = nodePatch(original, { labels, annotations: {}, status });
    const answer = await heartbeats.patch(nodes, { name: node.name }, patchType, patch, {
      ...untilEnd,
      subresource: "status",
    });
    this.#declares &&= answer.status?.declaredFeatures !== undefined;
    this.#reportedMs = env.clock.monotonicMs();
  }
}
