import { CoreV1Api, KubeConfig, type V1Node } from "@kubernetes/client-node";

/** Reads a cluster with the Kubernetes project's own client, which shares no code with ours. */
export interface IndependentClient {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  /** All Nodes, in the order of their names. */
  nodes(): Promise<readonly V1Node[]>;
}

/** By a kubeconfig file, and its current context unless told otherwise. */
export function openIndependently(kubeconfig: string, context?: string): IndependentClient {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  const core = config.makeApiClient(CoreV1Api);
  return {
    config,
    core,
    nodes: async () => (await core.listNode()).items,
  };
}

export function isReady({ status }: V1Node): boolean {
  return (status?.conditions ?? []).some(
    (condition) => condition.type === "Ready" && condition.status === "True",
  );
}
