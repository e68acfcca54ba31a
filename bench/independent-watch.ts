import type { IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import { createInterface } from "node:readline";
import { KubeConfig } from "@kubernetes/client-node";

interface Ready {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
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
interface Expected {
  readonly kubeconfigPath: string;
  /** Of the collection: `/api/v1/nodes`. */
  readonly path: string;
  readonly predicate: (object: Ready) => boolean;
  readonly count: number;
  readonly timeoutMs: number;
}

/**
 * Follows a collection over a bare connection, with no client of ours, and resolves once enough of
 * its objects satisfy the predicate, with the time of that on `performance.now()`'s scale. It lists
 * nothing and holds nothing but names: what measures must not load what it measures. A server under
 * load ends the watches that fall behind; they are taken up again where they were.
 *
 * @throws Error if that has not happened in time.
 */
async function whenCounted(expected: Expected): Promise<number> {
  const { kubeconfigPath, path, predicate, count, timeoutMs } = expected;
  const options = await requestOptions(kubeconfigPath);
  const deadlineMs = performance.now() + timeoutMs;
  const satisfied = new Set<string>();
  let version = "0";
  while (performance.now() < deadlineMs) {
    const timeoutSeconds = Math.ceil((deadlineMs - performance.now()) / 1_000);
    const query = `watch=true&resourceVersion=${version}&timeoutSeconds=${timeoutSeconds}`;
    const response = await open(`${path}?${query}`, options);
    for await (const line of createInterface({ input: response })) {
      const { type, object } = JSON.parse(line) as { type: string; object: Ready };
      if (type === "ERROR") {
        version = "0";
        satisfied.clear();
        break;
      }
      version = object.metadata.resourceVersion;
      if (type !== "DELETED" && predicate(object)) satisfied.add(object.metadata.uid);
      else satisfied.delete(object.metadata.uid);
      if (satisfied.size < count) continue;
      response.destroy();
      return performance.now();
    }
    response.destroy();
  }
  throw new Error(`${path}: ${satisfied.size} of ${count} after ${timeoutMs} ms`);
}

/** One object of a collection that is followed, as it was written. */
interface Followed {
  readonly type: string;
  readonly object: Ready & { readonly spec?: { readonly renewTime?: string } };
}

/**
 * Follows a collection until what is returned is called. A server under load ends the watches that
 * fall behind; they are taken up again where they were.
 */
export async function followCollection(
  { kubeconfigPath, path }: Pick<Expected, "kubeconfigPath" | "path">,
  onEvent: (event: Followed) => void,
): Promise<() => void> {
  const options = await requestOptions(kubeconfigPath);
  let response = await open(`${path}?watch=true&timeoutSeconds=3600`, options);
  let isStopped = false;
  let version = "0";
  const follow = async (): Promise<void> => {
    while (!isStopped) {
      for await (const line of createInterface({ input: response })) {
        const event = JSON.parse(line) as Followed;
        if (event.type === "ERROR") version = "0";
        else {
          version = event.object.metadata.resourceVersion;
          onEvent(event);
        }
      }
      response.destroy();
      const query = `watch=true&timeoutSeconds=3600&resourceVersion=${version}`;
      if (!isStopped) response = await open(`${path}?${query}`, options);
    }
  };
  follow().catch((error: unknown) => {
    if (!isStopped) console.error("the watch of the bench is lost:", error);
  });
  return () => {
    isStopped = true;
    response.destroy();
  };
}

interface Server {
  readonly url: string;
  readonly tls: RequestOptions;
}

async function requestOptions(kubeconfigPath: string): Promise<Server> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const tls: RequestOptions = {};
  await config.applyToHTTPSOptions(tls);
  return { url: config.getCurrentCluster()?.server ?? "", tls };
}

function open(pathAndQuery: string, { url, tls }: Server): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(`${url}${pathAndQuery}`, tls, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${pathAndQuery}: HTTP ${response.statusCode}`));
    })
      .on("error", reject)
      .end();
  });
}

/** Milliseconds from the start of `act` until the other client has seen what is expected. */
export async function timeUntil(expected: Expected, act: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  const [seenMs] = await Promise.all([whenCounted(expected), act()]);
  const tookS = ((seenMs - beganMs) / 1_000).toFixed(1);
  console.log(`${expected.count} of ${expected.path} after ${tookS} s`);
  return seenMs - beganMs;
}
