import { serviceAccounts as serviceAccountResource } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Namespace } from "../k8s/types/core.ts";
import type { ControllerContext, RunningController } from "./controller-context.ts";
import { isNamespaceTerminating } from "./pod-control.ts";
import { startReconcileLoop } from "./reconcile-loop.ts";

const defaultName = "default";

/**
 * Keeps a ServiceAccount `default` in every namespace, without which no pod is admitted. Follows
 * `pkg/controller/serviceaccount/serviceaccounts_controller.go`.
 */
export function startServiceAccountController(context: ControllerContext): RunningController {
  const { client, informers, signal, env } = context;
  const namespaces = informers.namespaces();
  const serviceAccounts = informers.serviceAccounts();
  const loop = startReconcileLoop(
    {
      name: "serviceaccount-controller",
      workers: 5,
      after: [namespaces.synced, serviceAccounts.synced],
      signal,
      async reconcile(namespace) {
        if (!isActive(namespaces.indexer.get(namespace))) return undefined;
        if (serviceAccounts.indexer.get(`${namespace}/${defaultName}`) !== undefined) {
          return undefined;
        }
        const account = {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata: { name: defaultName, namespace },
        };
        await client.create(serviceAccountResource, account).catch(ignoreRefusal);
        return undefined;
      },
    },
    env,
  );
  namespaces.subscribe({
    added: ({ metadata }) => loop.add(metadata.name),
    updated: ({ metadata }) => loop.add(metadata.name),
  });
  serviceAccounts.subscribe({
    deleted({ metadata }) {
      if (metadata.name === defaultName) loop.add(metadata.namespace ?? "");
    },
  });
  return loop;
}

/** Whether something may still be created in a namespace. */
export function isActive(namespace: Namespace | undefined): boolean {
  return namespace !== undefined && namespace.status?.phase !== "Terminating";
}

/** That it exists already, or that the namespace has just begun to go, is no failure. */
export function ignoreRefusal(error: unknown): void {
  if (isApiError(error, "AlreadyExists") || isNamespaceTerminating(error)) return;
  throw error;
}
