import { namespaces as namespaceResource } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { Namespace } from "../../k8s/types/core.ts";
import { type ControllerContext, type RunningController, settleMs } from "../controller-context.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";
import { namespaceConditions } from "./namespace-conditions.ts";
import { deleteContent } from "./namespace-content.ts";

/** As kube-controller-manager's `--concurrent-namespace-syncs`. */
const workers = 10;
/** How soon a namespace that is not empty yet is looked at again. The end of its pods wakes it too. */
const retryMs = 2_000;
const finalizer = "kubernetes";

/**
 * Empties the namespaces that are being deleted, and then lets them go. Follows
 * `pkg/controller/namespace`.
 */
export function startNamespaceController(context: ControllerContext): RunningController {
  const { client, informers, signal, env } = context;
  const namespaces = informers.namespaces();
  const pods = informers.pods();
  const loop = startReconcileLoop(
    {
      name: "namespace-controller",
      workers,
      after: [namespaces.synced],
      signal,
      async reconcile(name) {
        const namespace = await getNamespace(context, name);
        if (namespace === undefined || !isGoing(namespace)) return undefined;
        const finalizers = namespace.spec?.finalizers ?? [];
        if (!finalizers.includes(finalizer)) return undefined;
        const report = await deleteContent(client, name);
        const current = namespace.status?.conditions ?? [];
        const conditions = namespaceConditions(current, report, env.clock.nowMs());
        const { uid } = namespace.metadata;
        const latest =
          conditions === current
            ? namespace
            : await client.patch(
                namespaceResource,
                { name },
                "application/merge-patch+json",
                { metadata: { uid }, status: { conditions } },
                { subresource: "status" },
              );
        const [problem] = report.errors;
        if (problem !== undefined || report.discoveryError !== undefined) {
          throw new Error(`namespace ${name}: ${report.discoveryError ?? problem}`);
        }
        if (report.remaining.size > 0) return retryMs;
        const spec = { finalizers: finalizers.filter((each) => each !== finalizer) };
        const update = client.update(
          namespaceResource,
          { ...latest, spec },
          { subresource: "finalize" },
        );
        await update.catch((error: unknown) => {
          if (!isApiError(error, "NotFound")) throw error;
        });
        return undefined;
      },
    },
    env,
  );
  const wake = (namespace: Namespace): void => {
    if (isGoing(namespace)) loop.add(namespace.metadata.name);
  };
  namespaces.subscribe({ added: wake, updated: wake });
  pods.subscribe({
    deleted({ metadata }) {
      const namespace = namespaces.indexer.get(metadata.namespace ?? "");
      if (namespace !== undefined && isGoing(namespace)) {
        loop.addAfter(namespace.metadata.name, settleMs);
      }
    },
  });
  return loop;
}

function isGoing({ metadata }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** As the server has it: what may be in a namespace is decided on its latest state. */
async function getNamespace(
  { client }: ControllerContext,
  name: string,
): Promise<Namespace | undefined> {
  try {
    return await client.get(namespaceResource, { name });
  } catch (error) {
    if (isApiError(error, "NotFound")) return undefined;
    throw error;
  }
}
