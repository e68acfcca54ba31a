import { sleep } from "../base/clock.ts";
import { csiNodes, nodes } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { CsiNode } from "../k8s/types/storage.ts";
import { jittered, type KubeletParts } from "./kubelet-parts.ts";
import { csiNodeObject } from "./node-object.ts";

const migratedPluginsAnnotation = "storage.alpha.kubernetes.io/migrated-plugins";
/** The attempts of one round, and the delays between them (`nodeinfomanager.go`, updateBackoff). */
const attempts = { max: 4, initialMs: 10, factor: 5, jitter: 0.1 };
/** A kubelet that fails in so many rounds ends itself; this one goes on with the last delay. */
const roundsMax = 6;

/** What a node that waits for its CSINode says of itself. */
export const csiNodeNotYet = "CSINode is not yet initialized";

/**
 * Makes the CSINode of one node, or sets right the one that is there: `initializeCSINode` of
 * `pkg/volume/csi/csi_plugin.go`. Returns once it is there.
 *
 * @param again whether the Node has been registered again: the CSINode is to belong to the new one
 * @param failed is told why it is not there yet
 * @throws the reason of the kubelet's signal
 */
export async function initializeCsiNode(
  parts: KubeletParts,
  again: boolean,
  failed: (message: string) => void,
): Promise<void> {
  const { env, habits, random, signal } = parts;
  const { retryInitialMs, retryFactor } = habits.csiNode;
  await waitForServer(parts);
  let delayMs = retryInitialMs;
  for (let round = 1; ; round += 1) {
    const error = await tryRound(parts, again);
    if (error === undefined) return;
    failed(
      `failed to initialize CSINode: error updating CSINode annotation: timed out waiting for the condition; caused by: ${messageOf(error)}`,
    );
    await sleep(env.clock, jittered(delayMs, attempts.jitter, random), signal);
    if (round < roundsMax - 1) delayMs *= retryFactor;
  }
}

/** Asks once a second until there is an answer, be it that there is no CSINode. */
async function waitForServer({ client, node, env, signal }: KubeletParts): Promise<void> {
  for (;;) {
    try {
      await client.get(csiNodes, { name: node.name }, { signal, resourceVersion: "0" });
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      if (isApiError(error, "NotFound")) return;
    }
    await sleep(env.clock, 1_000, signal);
  }
}

/** Returns the last error of a round that has failed. */
async function tryRound(parts: KubeletParts, again: boolean): Promise<unknown> {
  const { env, random, signal } = parts;
  let delayMs = attempts.initialMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await attemptOnce(parts, again);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      if (attempt === attempts.max) return error;
    }
    await sleep(env.clock, jittered(delayMs, attempts.jitter, random), signal);
    delayMs *= attempts.factor;
  }
}

async function attemptOnce(parts: KubeletParts, again: boolean): Promise<void> {
  const { client, node, habits, untilEnd } = parts;
  const { checksOwner, migratedPlugins } = habits.csiNode;
  const { name } = node;
  let uid = checksOwner || again ? await nodeUid(parts) : undefined;
  let found: CsiNode;
  try {
    found = await client.get(csiNodes, { name }, untilEnd);
  } catch (error) {
    if (!isApiError(error, "NotFound")) throw error;
    uid ??= await nodeUid(parts);
    const annotations = { [migratedPluginsAnnotation]: migratedPlugins };
    if (!(await parts.mayWrite())) return;
    await client.create(csiNodes, csiNodeObject(name, uid, { annotations }), untilEnd);
    return;
  }
  if (!(await parts.mayWrite())) return;
  const { annotations, ownerReferences = [] } = found.metadata;
  if (uid !== undefined && !ownerReferences.some((owner) => owner.uid === uid)) {
    await client.delete(csiNodes, { name }, untilEnd);
    throw new Error(`CSINode "${name}" was owned by different node, deleted it`);
  }
  if (isSameSet(annotations?.[migratedPluginsAnnotation], migratedPlugins)) return;
  const metadata = {
    ...found.metadata,
    annotations: { ...annotations, [migratedPluginsAnnotation]: migratedPlugins },
  };
  await client.update(csiNodes, { ...found, metadata }, untilEnd);
}

async function nodeUid({ client, node, untilEnd }: KubeletParts): Promise<string> {
  return (await client.get(nodes, { name: node.name }, untilEnd)).metadata.uid;
}

function isSameSet(left: string | undefined, right: string): boolean {
  return left?.split(",").toSorted().join() === right.split(",").toSorted().join();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
