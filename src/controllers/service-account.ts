import { serviceAccounts } from "../k8s/resources.ts";
import type { ControllerContext, RunningController } from "./controller-context.ts";
import { startNamespaceKeeper } from "./namespace-keeper.ts";

const objectName = "default";

/**
 * Keeps a ServiceAccount `default` in every namespace, without which no pod is admitted. Follows
 * `pkg/controller/serviceaccount/serviceaccounts_controller.go`.
 */
export function startServiceAccountController(context: ControllerContext): RunningController {
  const { client, informers } = context;
  return startNamespaceKeeper(
    {
      name: "serviceaccount-controller",
      objects: informers.serviceAccounts(),
      objectName,
      async ensure(namespace, existing) {
        if (existing !== undefined) return;
        const metadata = { name: objectName, namespace };
        await client.create(serviceAccounts, {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata,
        });
      },
    },
    context,
  );
}
