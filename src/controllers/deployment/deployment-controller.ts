import type { EventRecorder, Informer } from "../../client/index.ts";
import { jsonEqual } from "../../k8s/json.ts";
import type { LabelMatcher } from "../../k8s/label-selector.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { controllerOf, isControlledBy } from "../../k8s/owner-refs.ts";
import { isPodTerminal } from "../../k8s/pods.ts";
import {
  deployments as deploymentResource,
  replicaSets as replicaSetResource,
} from "../../k8s/resources.ts";
import { ApiError, isApiError } from "../../k8s/status.ts";
import type { Deployment, ReplicaSet } from "../../k8s/types/apps.ts";
import type { Pod } from "../../k8s/types/core.ts";
import { carryOutClaim, decideClaim, refOf } from "../claim.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import { createMatchers, selectsEverything } from "../matchers.ts";
import { isNamespaceTerminating } from "../pod-control.ts";
import { sameTemplate } from "../pod-template.ts";
import { type ReconcileLoop, startReconcileLoop } from "../reconcile-loop.ts";
import { byController, byNamespace, orphansOf } from "../shared-informers.ts";
import { revisionAnnotation } from "./annotations.ts";
import { type DeploymentPlan, planDeployment } from "./deployment-plan.ts";
import {
  conditionOf,
  type DeploymentStatus,
  progressCheckMs,
  setCondition,
} from "./deployment-status.ts";
import { progressDeadlineMs } from "./limits.ts";

/** As kube-controller-manager's `--concurrent-deployment-syncs`. */
const workers = 5;

/** Rolls Deployments out by means of ReplicaSets. Follows `pkg/controller/deployment`. */
export function startDeploymentController(context: ControllerContext): RunningController {
  const { informers, env, signal } = context;
  const deployments = informers.deployments();
  const replicaSets = informers.replicaSets();
  const pods = informers.pods();
  const controller = new DeploymentController(context);
  const loop = startReconcileLoop(
    {
      name: "deployment-controller",
      workers,
      after: [deployments.synced, replicaSets.synced, pods.synced],
      signal,
      reconcile: (key) => controller.reconcile(key),
    },
    env,
  );
  deployments.subscribe({
    added: ({ metadata }) => loop.add(objectKey(metadata)),
    updated: ({ metadata }) => loop.add(objectKey(metadata)),
  });
  const wake = (replicaSet: ReplicaSet): void => controller.wakeOwner(replicaSet, loop);
  replicaSets.subscribe({
    added: wake,
    updated(replicaSet, previous) {
      wake(replicaSet);
      const owner = controllerOf(previous.metadata)?.uid;
      if (owner !== controllerOf(replicaSet.metadata)?.uid) wake(previous);
    },
    deleted: wake,
  });
  pods.subscribe({ deleted: (pod) => controller.podGone(pod, loop) });
  return loop;
}

class DeploymentController {
  readonly #context: ControllerContext;
  readonly #deployments: Informer<Deployment>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  readonly #matcherOf: (deployment: Deployment) => LabelMatcher;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#deployments = context.informers.deployments();
    this.#replicaSets = context.informers.replicaSets();
    this.#pods = context.informers.pods();
    this.#recorder = context.recorder("deployment-controller");
    this.#matcherOf = createMatchers(({ spec }) => spec.selector);
  }

  async reconcile(key: string): Promise<number | undefined> {
    const deployment = this.#deployments.indexer.get(key);
    if (deployment === undefined) return undefined;
    if (selectsEverything(deployment.spec.selector)) {
      const message = "This deployment is selecting all pods. A non-empty selector is required.";
      this.#recorder.event(deployment, "Warning", "SelectingAll", message);
      return undefined;
    }
    const nowMs = this.#context.env.clock.nowMs();
    const plan = planDeployment({
      deployment,
      replicaSets: await this.#claimReplicaSets(deployment),
      hasRunningPods: (replicaSet) => this.#hasRunningPods(replicaSet),
      nowMs,
    });
    if (plan.create !== undefined) await this.#create(deployment, plan.create);
    await this.#carryOut(deployment, plan);
    if (plan.revision === undefined && jsonEqual(deployment.status ?? {}, plan.status)) {
      return progressCheckMs(deployment, plan.status, nowMs);
    }
    await this.#writeStatus(deployment, plan.status, plan.revision);
    return undefined; // The change brings it back.
  }

  #claimReplicaSets(deployment: Deployment): Promise<readonly ReplicaSet[]> {
    const { uid, namespace } = deployment.metadata;
    const owned = this.#replicaSets.indexer.byIndex(byController, uid);
    const orphans = this.#replicaSets.indexer.byIndex(byController, orphansOf(namespace));
    const claim = decideClaim(deployment, this.#matcherOf(deployment), owned, orphans);
    return carryOutClaim(
      this.#context.client,
      deploymentResource,
      deployment,
      replicaSetResource,
      claim,
    );
  }

  #hasRunningPods({ metadata }: ReplicaSet): boolean {
    const owned = this.#pods.indexer.byIndex(byController, metadata.uid);
    return owned.some((pod) => !isPodTerminal(pod));
  }

  async #create(deployment: Deployment, replicaSet: ReplicaSet): Promise<void> {
    const { name } = replicaSet.metadata;
    try {
      const {
        uid: _uid,
        resourceVersion: _version,
        creationTimestamp: _time,
        ...metadata
      } = replicaSet.metadata;
      await this.#context.client.create(replicaSetResource, { ...replicaSet, metadata });
    } catch (error) {
      if (isApiError(error, "AlreadyExists"))
        return this.#resolveCollision(deployment, replicaSet, error);
      if (error instanceof ApiError && !isNamespaceTerminating(error)) {
        await this.#reportCreateError(deployment, name, error);
      }
      throw error;
    }
    const { replicas = 0 } = replicaSet.spec;
    if (replicas === 0) return;
    const message = `Scaled up replica set ${name} from 0 to ${replicas}`;
    this.#recorder.event(deployment, "Normal", "ScalingReplicaSet", message);
  }

  /** A ReplicaSet of that name exists: it is ours and only late in the cache, or the hashes collide. */
  async #resolveCollision(
    deployment: Deployment,
    replicaSet: ReplicaSet,
    error: ApiError,
  ): Promise<void> {
    const existing = await this.#context.client.get(replicaSetResource, refOf(replicaSet));
    const { template } = deployment.spec;
    const isOurs = isControlledBy(existing.metadata, deployment);
    if (!isOurs || !sameTemplate(existing.spec.template, template)) {
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      await this.#writeStatus(deployment, { ...deployment.status, collisionCount });
    }
    throw error;
  }

  async #reportCreateError(deployment: Deployment, name: string, error: ApiError): Promise<void> {
    const message = `Failed to create new replica set "${name}": ${error.message}`;
    this.#recorder.event(deployment, "Warning", "ReplicaSetCreateError", message);
    if (progressDeadlineMs(deployment) === undefined) return;
    const condition = conditionOf(
      "Progressing",
      "False",
      "ReplicaSetCreateError",
      message,
      this.#context.env.clock.nowMs(),
    );
    const conditions = setCondition(deployment.status?.conditions ?? [], condition);
    if (conditions === deployment.status?.conditions) return;
    await this.#writeStatus(deployment, { ...deployment.status, conditions });
  }

  async #carryOut(deployment: Deployment, plan: DeploymentPlan): Promise<void> {
    for (const { replicaSet, previousReplicas } of plan.updates) {
      await this.#context.client.update(replicaSetResource, replicaSet);
      const { replicas = 1 } = replicaSet.spec;
      if (replicas === previousReplicas) continue;
      const direction = replicas > previousReplicas ? "up" : "down";
      const message = `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${previousReplicas} to ${replicas}`;
      this.#recorder.event(deployment, "Normal", "ScalingReplicaSet", message);
    }
    for (const replicaSet of plan.deletes) {
      const { uid } = replicaSet.metadata;
      await this.#context.client
        .delete(replicaSetResource, refOf(replicaSet), { preconditions: { uid } })
        .catch(ignoreNotFound);
    }
  }

  /**
   * The revision goes with the status, as in kube-controller-manager: written otherwise, the
   * annotation would count as a new generation.
   */
  async #writeStatus(
    deployment: Deployment,
    status: DeploymentStatus,
    revision?: string,
  ): Promise<void> {
    const annotations = revision === undefined ? {} : { [revisionAnnotation]: revision };
    const patch = {
      metadata: { uid: deployment.metadata.uid, annotations },
      status: withNulls(deployment.status ?? {}, status),
    };
    const type = "application/merge-patch+json";
    const options = { subresource: "status" };
    await this.#context.client.patch(deploymentResource, refOf(deployment), type, patch, options);
  }

  wakeOwner(replicaSet: ReplicaSet, loop: ReconcileLoop): void {
    const owner = controllerOf(replicaSet.metadata);
    const { namespace } = replicaSet.metadata;
    if (owner?.kind === "Deployment") {
      loop.add(objectKey({ namespace, name: owner.name }));
      return;
    }
    if (owner !== undefined) return;
    for (const deployment of this.#deployments.indexer.byIndex(byNamespace, namespace ?? "")) {
      if (this.#matcherOf(deployment)(replicaSet.metadata.labels))
        loop.add(objectKey(deployment.metadata));
    }
  }

  /** A Recreate waits for the last of the old pods. */
  podGone(pod: Pod, loop: ReconcileLoop): void {
    const owner = controllerOf(pod.metadata);
    if (owner?.kind !== "ReplicaSet") return;
    const { namespace } = pod.metadata;
    const replicaSet = this.#replicaSets.indexer.get(objectKey({ namespace, name: owner.name }));
    const deployment = replicaSet === undefined ? undefined : controllerOf(replicaSet.metadata);
    if (replicaSet === undefined || deployment?.kind !== "Deployment") return;
    const key = objectKey({ namespace, name: deployment.name });
    if (this.#deployments.indexer.get(key)?.spec.strategy?.type !== "Recreate") return;
    if (!this.#hasRunningPods(replicaSet)) loop.add(key);
  }
}

/** A merge patch keeps what it does not name: what is to go must be null. */
function withNulls(before: DeploymentStatus, after: DeploymentStatus): object {
  const removed = Object.keys(before).filter((key) => !(key in after));
  return { ...Object.fromEntries(removed.map((key) => [key, null])), ...after };
}

function ignoreNotFound(error: unknown): void {
  if (!isApiError(error, "NotFound") && !isApiError(error, "Conflict")) throw error;
}
