import { type RequestOptions, request } from "node:https";
import {
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
} from "@kubernetes/client-node";

export interface Ready extends KubernetesObject {
  readonly metadata: { readonly name: string; readonly uid: string };
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

/** What to wait for. */
export interface Expected {
  readonly kubeconfigPath: string;
  /** Of the collection: `/api/v1/nodes`. */
  readonly path: string;
  readonly predicate: (object: Ready) => boolean;
  readonly count: number;
  readonly timeoutMs: number;
}

/**
 * Follows a collection with a client that is not ours, and resolves once enough of its objects
 * satisfy the predicate, with the time of that on `performance.now()`'s scale. A server under load
 * ends the watches that fall behind; they are taken up again.
 *
 * @throws Error if that has not happened in time.
 */
export async function whenCounted(expected: Expected): Promise<number> {
  const { kubeconfigPath, path, predicate, count, timeoutMs } = expected;
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const satisfied = new Set<string>();
  const informer = makeInformer<Ready>(config, path, () => listOf(config, path));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const found = `${satisfied.size} of ${count} after ${timeoutMs} ms`;
      finish(() => reject(new Error(`${path}: ${found}`)));
    }, timeoutMs);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      void informer.stop();
      settle();
    };
    const onChange = (object: Ready): void => {
      if (predicate(object)) satisfied.add(object.metadata.uid);
      else satisfied.delete(object.metadata.uid);
      if (satisfied.size >= count) finish(() => resolve(performance.now()));
    };
    const start = (): void => {
      informer.start().catch(() => setTimeout(start, 100));
    };
    informer.on("add", onChange);
    informer.on("update", onChange);
    informer.on("delete", (object) => satisfied.delete(object.metadata.uid));
    informer.on("error", start);
    start();
  });
}

async function listOf(config: KubeConfig, path: string): Promise<KubernetesListObject<Ready>> {
  const cluster = config.getCurrentCluster();
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return new Promise((resolve, reject) => {
    request(`${cluster?.server}${path}`, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject).on("end", () => resolve(JSON.parse(text)));
    })
      .on("error", reject)
      .end();
  });
}

/** Milliseconds from the start of `act` until the other client has seen what is expected. */
export async function timeUntil(expected: Expected, act: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  const [seenMs] = await Promise.all([whenCounted(expected), act()]);
  console.log(
    `${expected.count} of ${expected.path} after ${((seenMs - beganMs) / 1_000).toFixed(1)} s`,
  );
  return seenMs - beganMs;
}
