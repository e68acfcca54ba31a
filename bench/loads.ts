import { nodeIsReady, podIsRunning, timeUntil } from "./independent-watch.ts";

/** Where the loads put their objects. */
const nodesPath = "/api/v1/nodes";
const podsPath = "/api/v1/namespaces/default/pods";

/** A cluster under test, and how long a load may take on it. */
export interface UnderTest {
  readonly kubeconfigPath: string;
  readonly timeoutMs: number;
}

/** Milliseconds from the start of `act` until so many nodes are Ready. */
export function timeUntilReady(
  under: UnderTest,
  count: number,
  act: () => Promise<unknown>,
): Promise<number> {
  return timeUntil({ ...under, path: nodesPath, predicate: nodeIsReady, count }, act);
}

/** Milliseconds from `kubectl create deployment` until so many pods are Running. */
export function timeUntilRunning(
  under: UnderTest,
  count: number,
  kubectl: (args: readonly string[]) => Promise<unknown>,
): Promise<number> {
  return timeUntil({ ...under, path: podsPath, predicate: podIsRunning, count }, () =>
    kubectl(["create", "deployment", "web", "--image=nginx", `--replicas=${count}`]),
  );
}
