import { KubeConfig, Watch } from "@kubernetes/client-node";

interface WatchedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string };
}

export interface Ready extends WatchedObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Whether a Node's Ready condition is True. */
export function nodeIsReady(node: Ready): boolean {
  return node.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
}

/** Whether a Pod's phase is Running. */
export function podIsRunning(pod: Ready): boolean {
  return pod.status?.phase === "Running";
}

/**
 * Watches a collection with a client that is not ours, and resolves once `count` objects of it
 * satisfy `predicate`, with the time of that on `performance.now()`'s scale.
 *
 * @throws Error if that has not happened after `timeoutMs`.
 */
export async function whenCounted(
  kubeconfigPath: string,
  path: string,
  predicate: (object: Ready) => boolean,
  count: number,
  timeoutMs: number,
): Promise<number> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const satisfied = new Set<string>();
  return new Promise((resolve, reject) => {
    let abort = (): void => {};
    let settled = false;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      abort();
      finish();
    };
    const timer = setTimeout(() => {
      settle(() =>
        reject(new Error(`${path}: ${satisfied.size} of ${count} after ${timeoutMs} ms`)),
      );
    }, timeoutMs);
    const onEvent = (type: string, object: Ready): void => {
      if (type === "DELETED" || !predicate(object)) satisfied.delete(object.metadata.uid);
      else satisfied.add(object.metadata.uid);
      if (satisfied.size >= count) settle(() => resolve(performance.now()));
    };
    const onDone = (error: unknown): void => {
      settle(() => reject(new Error(`${path}: the watch ended`, { cause: error })));
    };
    new Watch(config)
      .watch(path, {}, onEvent, onDone)
      .then((controller) => {
        abort = () => controller.abort();
        if (settled) abort();
      })
      .catch((error: unknown) => settle(() => reject(error)));
  });
}

/** What to wait for. */
export interface Expected {
  readonly kubeconfigPath: string;
  readonly path: string;
  readonly predicate: (object: Ready) => boolean;
  readonly count: number;
  readonly timeoutMs: number;
}

/** Milliseconds from the start of `act` until the other client has seen what is expected. */
export async function timeUntil(expected: Expected, act: () => Promise<unknown>): Promise<number> {
  const { kubeconfigPath, path, predicate, count, timeoutMs } = expected;
  const beganMs = performance.now();
  const seen = whenCounted(kubeconfigPath, path, predicate, count, timeoutMs);
  const [seenMs] = await Promise.all([seen, act()]);
  console.log(`${count} of ${path} after ${((seenMs - beganMs) / 1_000).toFixed(1)} s`);
  return seenMs - beganMs;
}
