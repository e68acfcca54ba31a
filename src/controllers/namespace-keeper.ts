import type { Informer } from "../client/index.ts";
import { isApiError } from "../k8s/status.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { ControllerContext, RunningController } from "./controller-context.ts";
import type { ControllerName } from "./controller-options.ts";
import { isNamespaceTerminating } from "./pod-control.ts";
import { startReconcileLoop } from "./reconcile-loop.ts";

export interface NamespaceKeeperOptions<T extends KubeObject> {
  readonly name: ControllerName;
  /** What every namespace is to have one of, called `objectName`. */
  readonly objects: Informer<T>;
  readonly objectName: string;
  /** Makes the object of a namespace, or mends the one that is there. */
  ensure(namespace: string, existing: T | undefined): Promise<void>;
}

/** Keeps an object of one name in every namespace that is not on its way out. */
export function startNamespaceKeeper<T extends KubeObject>(
  { name, objects, objectName, ensure }: NamespaceKeeperOptions<T>,
  { informers, signal, env }: ControllerContext,
): RunningController {
  const namespaces = informers.namespaces();
  const loop = startReconcileLoop(
    {
      name,
      workers: 5,
      after: [namespaces.synced, objects.synced],
      signal,
      async reconcile(key) {
        const namespace = namespaces.indexer.get(key);
        if (namespace === undefined || namespace.status?.phase === "Terminating") return undefined;
        await ensure(key, objects.indexer.get(`${key}/${objectName}`)).catch(ignoreRefusal);
        return undefined;
      },
    },
    env,
  );
  namespaces.subscribe({
    added: ({ metadata }) => loop.add(metadata.name),
    updated: ({ metadata }) => loop.add(metadata.name),
  });
  const changed = ({ metadata }: T): void => {
    if (metadata.name === objectName) loop.add(metadata.namespace ?? "");
  };
  objects.subscribe({ updated: changed, deleted: changed });
  return loop;
}

/** That it exists already, or that the namespace has just begun to go, is no failure. */
function ignoreRefusal(error: unknown): void {
  if (isApiError(error, "AlreadyExists") || isNamespaceTerminating(error)) return;
  throw error;
}
