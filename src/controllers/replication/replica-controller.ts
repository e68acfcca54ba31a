import type { Informer } from "../../client/index.ts";
import type { LabelMatcher } from "../../k8s/label-selector.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { controllerOf } from "../../k8s/owner-refs.ts";
import { isPodActive } from "../../k8s/pods.ts";
import { pods as podResource } from "../../k8s/resources.ts";
import type { Pod } from "../../k8s/types/core.ts";
import { carryOutClaim, decideClaim } from "../claim.ts";
import {
  type ControllerContext,
  type RunningController,
  settleMsFor,
} from "../controller-context.ts";
import { createExpectations, type Expectations } from "../expectations.ts";
import { createMatchers } from "../matchers.ts";
import { createPods, deletePods } from "../pod-batches.ts";
import { createPodControl, type PodControl, podFromTemplate } from "../pod-control.ts";
import { ownedPodHandler } from "../pod-events.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";
import { byController, orphansOf } from "../shared-informers.ts";
import { decideReplicas } from "./decide-replicas.ts";
import type { ReplicaKind, Replicated } from "./replica-kind.ts";
import { nextAvailabilityMs, replicaStatus, sameReplicaStatus } from "./replica-status.ts";

/** As kube-controller-manager's `--concurrent-replicaset-syncs`. */
const workers = 5;

/**
 * Keeps as many pods as a ReplicaSet (or a ReplicationController) asks for. Follows
 * `pkg/controller/replicaset/replica_set.go`.
 */
export function startReplicaController<T extends Replicated>(
  kind: ReplicaKind<T>,
  context: ControllerContext,
): RunningController {
  const { env, signal, informers } = context;
  const controller = new ReplicaController(kind, context);
  const { owners, expectations, matcherOf } = controller;
  const pods = informers.pods();
  const loop = startReconcileLoop(
    {
      name: kind.component,
      workers,
      after: [owners.synced, pods.synced],
      signal,
      reconcile: (key) => controller.reconcile(key),
    },
    env,
  );
  const wake = ({ metadata }: T): void => loop.add(objectKey(metadata));
  owners.subscribe({
    added: wake,
    updated: wake,
    deleted(object) {
      expectations.forget(objectKey(object.metadata));
      wake(object);
    },
  });
  const { kind: ownerKind } = kind.resource;
  const settleMsOf = ({ status }: T): number => settleMsFor(status?.replicas ?? 0);
  pods.subscribe(
    ownedPodHandler({ kind: ownerKind, owners, settleMsOf, matcherOf, expectations, loop }),
  );
  return loop;
}

class ReplicaController<T extends Replicated> {
  readonly owners: Informer<T>;
  readonly expectations: Expectations;
  readonly matcherOf: (object: T) => LabelMatcher;
  readonly #kind: ReplicaKind<T>;
  readonly #context: ControllerContext;
  readonly #pods: Informer<Pod>;
  readonly #podControl: PodControl;

  constructor(kind: ReplicaKind<T>, context: ControllerContext) {
    this.#kind = kind;
    this.#context = context;
    this.#pods = context.informers.pods();
    this.#podControl = createPodControl(context.client, context.recorder(kind.component));
    this.owners = kind.informer(context.informers);
    this.expectations = createExpectations(context.env.clock);
    this.matcherOf = createMatchers(kind.selector);
  }

  async reconcile(key: string): Promise<number | undefined> {
    const object = this.owners.indexer.get(key);
    if (object === undefined) {
      this.expectations.forget(key);
      return undefined;
    }
    // Asked before the pods are counted: what is observed in between must not count twice.
    const mayManage = this.expectations.satisfied(key);
    const active = await this.#claimPods(object);
    let failure: unknown;
    if (mayManage && object.metadata.deletionTimestamp === undefined) {
      failure = await this.#manage(key, object, active);
    }
    const nowMs = this.#context.env.clock.nowMs();
    await this.#writeStatus(object, active, failure, nowMs);
    if (failure !== undefined) throw failure;
    return nextAvailabilityMs(active, object.spec.minReadySeconds ?? 0, nowMs);
  }

  #claimPods(object: T): Promise<readonly Pod[]> {
    const { uid, namespace } = object.metadata;
    const { indexer } = this.#pods;
    const owned = indexer.byIndex(byController, uid);
    const orphans = indexer.byIndex(byController, orphansOf(namespace));
    const claim = decideClaim(object, this.matcherOf(object), owned, orphans, isPodActive);
    const { client } = this.#context;
    return carryOutClaim(client, this.#kind.resource, object, podResource, claim);
  }

  /** Gives the failure, if there was one: it goes into the status before it is thrown. */
  async #manage(key: string, object: T, active: readonly Pod[]): Promise<unknown> {
    const { template, replicas = 1 } = object.spec;
    const related = (): readonly Pod[] => this.#siblingPods(object);
    const nowMs = this.#context.env.clock.nowMs();
    const decision = decideReplicas(active, replicas, related, nowMs);
    const { expectations } = this;
    if (decision.kind === "delete") {
      const uids = decision.pods.map(({ metadata }) => metadata.uid);
      expectations.expect(key, 0, uids);
      return deletePods(this.#podControl, expectations, key, object, decision.pods);
    }
    if (decision.kind === "enough" || template === undefined) return undefined;
    expectations.expect(key, decision.count, []);
    const pod = podFromTemplate(object, template);
    return createPods(this.#podControl, expectations, key, object, decision.count, () => pod);
  }

  /** The active pods of all objects that have the same controller, such as one Deployment. */
  #siblingPods(object: T): readonly Pod[] {
    const controller = controllerOf(object.metadata);
    const siblings =
      controller === undefined
        ? [object]
        : this.owners.indexer.byIndex(byController, controller.uid);
    return siblings.flatMap(({ metadata }) =>
      this.#pods.indexer.byIndex(byController, metadata.uid).filter(isPodActive),
    );
  }

  async #writeStatus(
    object: T,
    active: readonly Pod[],
    failure: unknown,
    nowMs: number,
  ): Promise<void> {
    const message = failure === undefined ? undefined : messageOf(failure);
    const status = replicaStatus(object, active, message, nowMs);
    if (sameReplicaStatus(object.status, status)) return;
    const { client } = this.#context;
    await client.update(this.#kind.resource, { ...object, status }, { subresource: "status" });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
