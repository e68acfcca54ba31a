import { toTime } from "../../base/rfc3339.ts";
import { numberAt, objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import { labelMatcher } from "../../k8s/label-selector.ts";
import { ApiError, failure, forbidden } from "../../k8s/status.ts";
import type { LabelSelector } from "../../k8s/types/meta.ts";
import type { PodDisruptionBudget } from "../../k8s/types/policy.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { deleteObject } from "../verbs/delete.ts";
import { type DeleteOptions, optionsOf } from "../verbs/delete-options.ts";
import { namedObject } from "../verbs/get.ts";
import { storeUpdate } from "../verbs/update.ts";
import { isDryRun } from "../verbs/write-options.ts";
import { subresourceBody, success } from "./body.ts";
import { withStatusCondition } from "./status-condition.ts";

/** The API server gives up on a budget with more pods than this that were evicted and not yet gone. */
const disruptedPodsMax = 2_000;

/** Deletes a pod if its disruption budget allows: `pkg/registry/core/pod/storage/eviction.go`. */
export function evictPod(context: RequestContext): Outcome {
  const eviction = subresourceBody(context, "Eviction");
  const asked = optionsOf(objectAt(eviction, "deleteOptions"));
  const options = {
    ...asked,
    dryRun: asked.dryRun || isDryRun(context.query["dryRun"], "CreateOptions"),
  };
  const pod = namedObject(context);
  if (!isDisrupted(pod)) spendBudget(context, pod, options);
  deleteEvicted(context, namedObject(context), options);
  return { kind: "object", code: 201, object: success() };
}

/** A pod that serves nobody is deleted without a look at budgets. */
function isDisrupted(pod: StoredObject): boolean {
  const phase = stringAt(objectAt(pod, "status"), "phase");
  return (
    pod.metadata.deletionTimestamp !== undefined ||
    phase === "Pending" ||
    phase === "Succeeded" ||
    phase === "Failed"
  );
}

function spendBudget(context: RequestContext, pod: StoredObject, options: DeleteOptions): void {
  const endpoint = context.server.catalog.find("policy", "v1", "poddisruptionbudgets");
  if (endpoint === undefined) return;
  const namespace = pod.metadata.namespace ?? "";
  const { objects } = endpoint.collection.page({
    selection: { namespace, matches: (budget) => selects(budget, pod) },
  });
  const [budget, another] = objects;
  if (budget === undefined) return;
  if (another !== undefined) {
    const message =
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw new ApiError(failure(500, "InternalError", message));
  }
  if (!isReady(pod) && mayLoseUnready(budget)) return;
  const now = toTime(context.server.env.clock.nowMs());
  const next = decremented(budget, pod.metadata.name, now);
  storeUpdate({ ...context, endpoint }, budget, next, options.dryRun);
}

function selects(budget: StoredObject, { metadata }: StoredObject): boolean {
  const { selector } = objectAt(budget, "spec");
  return labelMatcher(selector as LabelSelector | undefined)(metadata.labels);
}

function isReady(pod: StoredObject): boolean {
  return objectsAt(objectAt(pod, "status"), "conditions").some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
}

/** Whether a pod that is not ready may go without being counted: `unhealthyPodEvictionPolicy`. */
function mayLoseUnready(budget: StoredObject): boolean {
  const policy = stringAt(objectAt(budget, "spec"), "unhealthyPodEvictionPolicy");
  if (policy === "AlwaysAllow") return true;
  const { currentHealthy, desiredHealthy } = statusOf(budget);
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function statusOf(budget: StoredObject): NonNullable<PodDisruptionBudget["status"]> {
  const status = objectAt(budget, "status");
  return {
    disruptionsAllowed: numberAt(status, "disruptionsAllowed") ?? 0,
    currentHealthy: numberAt(status, "currentHealthy") ?? 0,
    desiredHealthy: numberAt(status, "desiredHealthy") ?? 0,
    expectedPods: numberAt(status, "expectedPods") ?? 0,
    observedGeneration: numberAt(status, "observedGeneration") ?? 0,
  };
}

/** `checkAndDecrement`. @throws ApiError 403 or 429 */
function decremented(budget: StoredObject, pod: string, now: string): StoredObject {
  const { name, generation = 0 } = budget.metadata;
  const status = statusOf(budget);
  const disrupted = objectAt(budget, "status", "disruptedPods");
  if ((status.observedGeneration ?? 0) < generation) {
    throw wouldViolate(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const of = { group: "policy", plural: "poddisruptionbudget" };
  if (status.disruptionsAllowed < 0) {
    throw new ApiError(forbidden(of, name, "pdb disruptions allowed is negative"));
  }
  if (Object.keys(disrupted).length > disruptedPodsMax) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw new ApiError(forbidden(of, name, why));
  }
  if (status.disruptionsAllowed === 0) {
    throw wouldViolate(
      `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
      0,
    );
  }
  const spent: StoredObject = {
    ...budget,
    status: {
      ...objectAt(budget, "status"),
      disruptionsAllowed: status.disruptionsAllowed - 1,
      disruptedPods: { ...disrupted, [pod]: now },
    },
  };
  if (status.disruptionsAllowed > 1) return spent;
  return withStatusCondition(spent, {
    type: "DisruptionAllowed",
    status: "False",
    reason: "InsufficientPods",
    message: "",
    observedGeneration: status.observedGeneration ?? 0,
    lastTransitionTime: now,
  });
}

function wouldViolate(message: string, retryAfterSeconds: number): ApiError {
  const text = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new ApiError(
    failure(429, "TooManyRequests", text, {
      causes: [{ reason: "DisruptionBudget", message }],
      ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
    }),
  );
}

/** Says in the pod why it goes, and deletes it. */
function deleteEvicted(context: RequestContext, pod: StoredObject, options: DeleteOptions): void {
  if (options.dryRun) {
    deleteObject(context, pod, options);
    return;
  }
  const { resourceVersion, ...others } = options.preconditions;
  if (resourceVersion !== undefined && resourceVersion !== pod.metadata.resourceVersion) {
    // The condition below changes the version, so what was asked is checked before.
    deleteObject(context, pod, { ...options, dryRun: true });
  }
  const now = toTime(context.server.env.clock.nowMs());
  const marked = withStatusCondition(pod, {
    type: "DisruptionTarget",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  });
  const stored = storeUpdate(context, pod, marked, false);
  deleteObject(context, stored, { ...options, preconditions: others });
}
