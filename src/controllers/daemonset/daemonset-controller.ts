import type { EventRecorder, Informer } from "../../client/index.ts";
import { jsonEqual } from "../../k8s/json.ts";
import type { LabelMatcher } from "../../k8s/label-selector.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { isPodTerminal } from "../../k8s/pods.ts";
import {
  daemonSets as daemonSetResource,
  pods as podResource,
  controllerRevisions as revisionResource,
} from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { ControllerRevision, DaemonSet } from "../../k8s/types/apps.ts";
import type { Node, Pod } from "../../k8s/types/core.ts";
import { carryOutClaim, decideClaim, refOf } from "../claim.ts";
import {
  type ControllerContext,
  type RunningController,
  settleMs,
  settleMsFor,
} from "../controller-context.ts";
import { createExpectations, type Expectations } from "../expectations.ts";
import { createMatchers, selectsEverything } from "../matchers.ts";
import { createPods, deletePods } from "../pod-batches.ts";
import { createPodControl, type PodControl } from "../pod-control.ts";
import { ownedPodHandler } from "../pod-events.ts";
import { type ReconcileLoop, startReconcileLoop } from "../reconcile-loop.ts";
import { byController, orphansOf } from "../shared-informers.ts";
import { daemonPod, podsByNode } from "./daemon-pods.ts";
import { daemonStatus } from "./daemon-status.ts";
import { type DaemonDecision, type DaemonInput, decideDaemons } from "./decide-daemons.ts";
import { createEligibility } from "./eligibility.ts";
import { createFailureBackoff, type FailureBackoff } from "./failure-backoff.ts";
import { controllerRevisionHash, holds, planHistory } from "./history.ts";
import { decideRollingUpdate, isRollingUpdate } from "./rolling-update.ts";

/** As kube-controller-manager's `--concurrent-daemonset-syncs`. */
const workers = 2;
/** At most this many pods are created or deleted before the cache has to confirm (`BurstReplicas`). */
const burst = 250;

/** Keeps a pod on every node that a DaemonSet wants one on. Follows `pkg/controller/daemon`. */
export function startDaemonSetController(context: ControllerContext): RunningController {
  const { informers, signal, env } = context;
  const owners = informers.daemonSets();
  const nodes = informers.nodes();
  const pods = informers.pods();
  const revisions = informers.controllerRevisions();
  const controller = new DaemonSetController(context);
  const { expectations, matcherOf } = controller;
  const loop = startReconcileLoop(
    {
      name: "daemonset-controller",
      workers,
      after: [owners.synced, nodes.synced, pods.synced, revisions.synced],
      signal,
      reconcile: (key) => controller.reconcile(key),
    },
    env,
  );
  const wake = ({ metadata }: DaemonSet): void => loop.add(objectKey(metadata));
  owners.subscribe({
    added: wake,
    updated: wake,
    deleted: ({ metadata }) => expectations.forget(objectKey(metadata)),
  });
  const settleMsOf = ({ status }: DaemonSet): number =>
    settleMsFor(status?.desiredNumberScheduled ?? 0);
  pods.subscribe(
    ownedPodHandler({ kind: "DaemonSet", owners, settleMsOf, matcherOf, expectations, loop }),
  );
  nodes.subscribe({
    added: (node) => controller.nodeChanged(node, undefined, loop),
    updated: (node, previous) => controller.nodeChanged(node, previous, loop),
    deleted: (node) => controller.nodeChanged(undefined, node, loop),
  });
  return loop;
}

class DaemonSetController {
  readonly expectations: Expectations;
  readonly matcherOf: (daemonSet: DaemonSet) => LabelMatcher;
  readonly #context: ControllerContext;
  readonly #daemonSets: Informer<DaemonSet>;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #recorder: EventRecorder;
  readonly #podControl: PodControl;
  readonly #failures: FailureBackoff;
  readonly #eligibilityOf = createEligibility();

  constructor(context: ControllerContext) {
    const { informers, env } = context;
    this.#context = context;
    this.#daemonSets = informers.daemonSets();
    this.#nodes = informers.nodes();
    this.#pods = informers.pods();
    this.#revisions = informers.controllerRevisions();
    this.#recorder = context.recorder("daemonset-controller");
    this.#podControl = createPodControl(context.client, this.#recorder);
    this.#failures = createFailureBackoff(env.clock);
    this.expectations = createExpectations(env.clock);
    this.matcherOf = createMatchers(({ spec }) => spec.selector);
  }

  /** Wakes the DaemonSets for which a node has become, or ceased to be, one of theirs. */
  nodeChanged(node: Node | undefined, previous: Node | undefined, loop: ReconcileLoop): void {
    if (node !== undefined && previous !== undefined && !concernsDaemons(node, previous)) return;
    for (const { metadata, spec } of this.#daemonSets.indexer.values()) {
      const now = node === undefined ? "none" : this.#eligibilityOf(spec.template, node);
      const before = previous === undefined ? "none" : this.#eligibilityOf(spec.template, previous);
      if (now !== before) loop.addAfter(objectKey(metadata), settleMs);
    }
  }

  async reconcile(key: string): Promise<number | undefined> {
    const daemonSet = this.#daemonSets.indexer.get(key);
    if (daemonSet === undefined || daemonSet.metadata.deletionTimestamp !== undefined) {
      return undefined;
    }
    if (selectsEverything(daemonSet.spec.selector)) {
      const message = "This daemon set is selecting all pods. A non-empty selector is required.";
      this.#recorder.event(daemonSet, "Warning", "SelectingAll", message);
      return undefined;
    }
    const mayManage = this.expectations.satisfied(key);
    const pods = await this.#claimPods(daemonSet);
    const input: DaemonInput = {
      daemonSet,
      nodes: [...this.#nodes.indexer.values()],
      pods: podsByNode(pods),
      eligibilityOf: (node) => this.#eligibilityOf(daemonSet.spec.template, node),
      hash: await this.#syncHistory(daemonSet, pods),
      nowMs: this.#context.env.clock.nowMs(),
    };
    const outcome = mayManage ? await this.#manage(key, input) : {};
    await this.#writeStatus(input, mayManage);
    if (outcome.failure !== undefined) throw outcome.failure;
    return earliest(outcome.againAfterMs, availabilityCheckMs(input));
  }

  async #claimPods(daemonSet: DaemonSet): Promise<readonly Pod[]> {
    const { uid, namespace } = daemonSet.metadata;
    const { indexer } = this.#pods;
    const owned = indexer.byIndex(byController, uid);
    const orphans = indexer.byIndex(byController, orphansOf(namespace));
    const claim = decideClaim(daemonSet, this.matcherOf(daemonSet), owned, orphans);
    const { client } = this.#context;
    const claimed = await carryOutClaim(client, daemonSetResource, daemonSet, podResource, claim);
    return claimed.filter(
      (pod) => pod.metadata.deletionTimestamp === undefined || !isPodTerminal(pod),
    );
  }

  /** Brings the ControllerRevisions up to date and returns the hash of the present one. */
  async #syncHistory(daemonSet: DaemonSet, pods: readonly Pod[]): Promise<string> {
    const { client } = this.#context;
    const { uid, namespace } = daemonSet.metadata;
    const owned = this.#revisions.indexer.byIndex(byController, uid);
    const orphans = this.#revisions.indexer.byIndex(byController, orphansOf(namespace));
    const claim = decideClaim(daemonSet, this.matcherOf(daemonSet), owned, orphans);
    const revisions = await carryOutClaim(
      client,
      daemonSetResource,
      daemonSet,
      revisionResource,
      claim,
    );
    const liveHashes = new Set(
      pods.flatMap(({ metadata }) => metadata.labels?.[controllerRevisionHash] ?? []),
    );
    const plan = planHistory(daemonSet, revisions, liveHashes);
    if (plan.create !== undefined) {
      try {
        await client.create(revisionResource, plan.create);
      } catch (error) {
        if (!isApiError(error, "AlreadyExists")) throw error;
        await this.#resolveCollision(daemonSet, plan.create.metadata.name ?? "", error);
      }
    }
    if (plan.renumber !== undefined) await client.update(revisionResource, plan.renumber);
    for (const revision of plan.deletes) {
      await client.delete(revisionResource, refOf(revision)).catch(ignoreNotFound);
    }
    return plan.hash;
  }

  /** A revision of that name exists: it is this template's and late in the cache, or hashes collide. */
  async #resolveCollision(daemonSet: DaemonSet, name: string, error: unknown): Promise<void> {
    const { client } = this.#context;
    const existing = await client.get(revisionResource, { ...refOf(daemonSet), name });
    if (holds(existing, daemonSet.spec.template)) return;
    const collisionCount = (daemonSet.status?.collisionCount ?? 0) + 1;
    const patch = { metadata: { uid: daemonSet.metadata.uid }, status: { collisionCount } };
    const type = "application/merge-patch+json";
    await client.patch(daemonSetResource, refOf(daemonSet), type, patch, { subresource: "status" });
    throw error;
  }

  async #manage(key: string, input: DaemonInput): Promise<Outcome> {
    const { daemonSet } = input;
    const { decision, againAfterMs } = this.#withoutBackedOff(daemonSet, decideDaemons(input));
    const isIdle = decision.createOn.length === 0 && decision.deletes.length === 0;
    const next = isIdle && isRollingUpdate(daemonSet) ? decideRollingUpdate(input) : decision;
    const createOn = next.createOn.slice(0, burst);
    const deletes = next.deletes.slice(0, burst);
    const again = againAfterMs === undefined ? {} : { againAfterMs };
    if (createOn.length === 0 && deletes.length === 0) return again;
    const { expectations } = this;
    const uids = deletes.map(({ metadata }) => metadata.uid);
    expectations.expect(key, createOn.length, uids);
    const createFailure = await createPods(
      this.#podControl,
      expectations,
      key,
      daemonSet,
      createOn.length,
      (index) => daemonPod(daemonSet, createOn[index] ?? "", input.hash),
    );
    const deleteFailure = await deletePods(this.#podControl, expectations, key, daemonSet, deletes);
    const failure = createFailure ?? deleteFailure;
    return failure === undefined ? again : { failure };
  }

  /** A pod that fails again and again on a node is not replaced again and again at once. */
  #withoutBackedOff(
    daemonSet: DaemonSet,
    decision: DaemonDecision,
  ): { readonly decision: DaemonDecision; readonly againAfterMs: number | undefined } {
    let againAfterMs: number | undefined;
    const waiting = new Set<Pod>();
    for (const pod of decision.failed) {
      const { namespace, name } = pod.metadata;
      const delayMs = this.#failures.delayMs(`${daemonSet.metadata.uid}/${pod.spec.nodeName}`);
      if (delayMs > 0) {
        waiting.add(pod);
        againAfterMs = earliest(againAfterMs, delayMs);
        continue;
      }
      const message = `Found failed daemon pod ${namespace}/${name} on node ${pod.spec.nodeName}, will try to kill it`;
      this.#recorder.event(daemonSet, "Warning", "FailedDaemonPod", message);
    }
    const deletes = decision.deletes.filter((pod) => !waiting.has(pod));
    return { decision: { ...decision, deletes }, againAfterMs };
  }

  async #writeStatus(input: DaemonInput, observed: boolean): Promise<void> {
    const { daemonSet } = input;
    const status = daemonStatus(input, observed);
    if (jsonEqual(withZeros(daemonSet.status), withZeros(status))) return;
    const { client } = this.#context;
    await client.update(daemonSetResource, { ...daemonSet, status }, { subresource: "status" });
  }
}

interface Outcome {
  readonly failure?: unknown;
  readonly againAfterMs?: number;
}

/** What the embedded and a real API server leave out of a status is zero. */
function withZeros(status: DaemonSet["status"]): object {
  const zeros = { updatedNumberScheduled: 0, numberAvailable: 0, numberUnavailable: 0 };
  return { ...zeros, ...status };
}

function concernsDaemons(node: Node, previous: Node): boolean {
  return (
    !jsonEqual(node.metadata.labels, previous.metadata.labels) ||
    !jsonEqual(node.spec?.taints, previous.spec?.taints) ||
    node.spec?.unschedulable !== previous.spec?.unschedulable
  );
}

function earliest(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}

/** With `minReadySeconds`, availability comes with time, and no event says so. */
function availabilityCheckMs({ daemonSet }: DaemonInput): number | undefined {
  const { minReadySeconds = 0 } = daemonSet.spec;
  const { numberReady = 0, numberAvailable = 0 } = daemonSet.status ?? {};
  return minReadySeconds > 0 && numberReady !== numberAvailable
    ? minReadySeconds * 1_000
    : undefined;
}

function ignoreNotFound(error: unknown): void {
  if (!isApiError(error, "NotFound")) throw error;
}
