import { jsonEqual } from "../../k8s/json.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { podDisruptionBudgets as budgetResource } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { Pod } from "../../k8s/types/core.ts";
import type { PodDisruptionBudget } from "../../k8s/types/policy.ts";
import { type ControllerContext, type RunningController, settleMs } from "../controller-context.ts";
import { createMatchers } from "../matchers.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";
import { byNamespace } from "../shared-informers.ts";
import { type BudgetStatus, budgetStatus, failedStatus, needsScale } from "./budget-status.ts";
import { scaleOf } from "./pod-scale.ts";

/**
 * Says in the status of PodDisruptionBudgets how many pods may be evicted; the API server counts
 * down from there. Follows `pkg/controller/disruption`.
 */
export function startDisruptionController(context: ControllerContext): RunningController {
  const { client, informers, signal, env } = context;
  const budgets = informers.podDisruptionBudgets();
  const pods = informers.pods();
  const replicaSets = informers.replicaSets();
  const deployments = informers.deployments();
  const replicationControllers = informers.replicationControllers();
  const recorder = context.recorder("controllermanager");
  const matcherOf = createMatchers<PodDisruptionBudget>(({ spec }) => spec?.selector, "everything");

  const writeStatus = async (budget: PodDisruptionBudget, status: BudgetStatus): Promise<void> => {
    if (jsonEqual(budget.status, status)) return;
    await client.update(budgetResource, { ...budget, status }, { subresource: "status" });
  };
  const loop = startReconcileLoop(
    {
      name: "disruption-controller",
      workers: 1,
      after: [budgets, pods, replicaSets, deployments, replicationControllers].map(
        ({ synced }) => synced,
      ),
      signal,
      async reconcile(key) {
        const budget = budgets.indexer.get(key);
        if (budget === undefined) return undefined;
        const matches = matcherOf(budget);
        const selected = pods.indexer
          .byIndex(byNamespace, budget.metadata.namespace ?? "")
          .filter(({ metadata }) => matches(metadata.labels));
        if (selected.length === 0)
          recorder.event(budget, "Normal", "NoPods", "No matching pods found");
        try {
          const scale = needsScale(budget) ? await scaleOf(selected, informers, client) : 0;
          const result = budgetStatus(budget, selected, scale, env.clock.nowMs());
          await writeStatus(budget, result.status);
          return result.againAfterMs;
        } catch (error) {
          if (isApiError(error, "Conflict")) throw error;
          const message = error instanceof Error ? error.message : String(error);
          const reason = "CalculateExpectedPodCountFailed";
          const text = `Failed to calculate the number of expected pods: ${message}`;
          recorder.event(budget, "Warning", reason, text);
          await writeStatus(budget, failedStatus(budget, message, env.clock.nowMs()));
          throw error;
        }
      },
    },
    env,
  );
  const podChanged = ({ metadata }: Pod): void => {
    for (const budget of budgets.indexer.byIndex(byNamespace, metadata.namespace ?? "")) {
      if (matcherOf(budget)(metadata.labels)) loop.addAfter(objectKey(budget.metadata), settleMs);
    }
  };
  budgets.subscribe({
    added: ({ metadata }) => loop.add(objectKey(metadata)),
    updated: ({ metadata }) => loop.add(objectKey(metadata)),
  });
  pods.subscribe({
    added: podChanged,
    updated(pod, previous) {
      podChanged(pod);
      if (!jsonEqual(pod.metadata.labels, previous.metadata.labels)) podChanged(previous);
    },
    deleted: podChanged,
  });
  return loop;
}
