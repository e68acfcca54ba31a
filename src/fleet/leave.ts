import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { Client, ListOptions } from "../client/index.ts";
import { csiNodes, leases, nodes, type Resource } from "../k8s/resources.ts";
import { ApiError } from "../k8s/status.ts";
import type { KubeObject, ObjectMeta } from "../k8s/types/meta.ts";
import { fleetLabel, leaseNamespace } from "../kubelet/index.ts";
import { findHolder, heldError, lockName, renewLockEveryMs } from "./fleet-lock.ts";
import type { HolderIdentity } from "./fleet-options.ts";

export interface RemoveFleetOptions {
  readonly client: Client;
  readonly fleet: string;
  /** Also when a process runs the fleet; that one stops then. Default false. */
  readonly force?: boolean;
  readonly identity: HolderIdentity;
}

/** How many objects there were. */
export interface RemovedFleet {
  readonly nodes: number;
  readonly leases: number;
  readonly csiNodes: number;
}

/** How long a process takes to stop once it has noticed. */
const noticeMs = 1_500;
const deletesInFlight = 64;
const pageSize = 500;

/**
 * Removes what a fleet left in a cluster: its Nodes, which carry its label, their Leases and
 * CSINodes, which carry it too or are owned by those Nodes, and nothing else. It needs no process of
 * the fleet. Pods that were bound to the nodes
 * are the control plane's business: its pod garbage collection deletes them within a minute.
 *
 * @throws FleetError `held` while a process runs the fleet, unless `force`; ApiError, TransportError
 */
export async function removeFleet(
  options: RemoveFleetOptions,
  env: Env,
  signal: AbortSignal,
): Promise<RemovedFleet> {
  const { client, fleet, force = false } = options;
  const found = await findHolder(options, env, signal);
  if (found.kind === "live" && !force) throw heldError(fleet, found.lease);
  // The lock first: who holds it stops when it finds it gone, and brings no node back.
  const lock = { namespace: leaseNamespace, name: lockName(fleet) };
  await deleteOne(client, leases, lock, undefined, signal);
  if (found.kind === "live") await sleep(env.clock, renewLockEveryMs + noticeMs, signal);
  return removeFleetObjects(client, fleet, signal);
}

/** Deletes the Nodes that carry the fleet's label, and the Leases and CSINodes that go with them. */
export async function removeFleetObjects(
  client: Client,
  fleet: string,
  signal: AbortSignal,
): Promise<RemovedFleet> {
  const labelled = { labelSelector: `${fleetLabel}=${fleet}`, signal };
  // All are listed before any is deleted: the garbage collector goes after what a Node owned.
  const [ofNodes, allLeases, allCsiNodes] = await Promise.all([
    listAll(client, nodes, labelled),
    listAll(client, leases, { namespace: leaseNamespace, signal }),
    listAll(client, csiNodes, { signal }),
  ]);
  const nodeUids = new Set(ofNodes.map(({ uid }) => uid));
  // As kubelets make them, neither has a label: it is the owner that says whose they are.
  const isOurs = ({ name, labels, ownerReferences = [] }: ObjectMeta): boolean =>
    name !== lockName(fleet) &&
    (labels?.[fleetLabel] === fleet || ownerReferences.some(({ uid }) => nodeUids.has(uid)));
  const ofLeases = allLeases.filter(isOurs);
  const ofCsiNodes = allCsiNodes.filter(isOurs);
  // Nodes first: nothing is scheduled to them any more.
  await removeAll(client, nodes, ofNodes, signal);
  await removeAll(client, leases, ofLeases, signal);
  await removeAll(client, csiNodes, ofCsiNodes, signal);
  return { nodes: ofNodes.length, leases: ofLeases.length, csiNodes: ofCsiNodes.length };
}

async function listAll<T extends KubeObject>(
  client: Client,
  of: Resource<T>,
  options: ListOptions,
): Promise<readonly ObjectMeta[]> {
  const found: ObjectMeta[] = [];
  let query: ListOptions = { ...options, limit: pageSize };
  for (;;) {
    const page = await client.list(of, query);
    for (const { metadata } of page.items) found.push(metadata);
    const next = page.metadata.continue;
    if (next === undefined || next === "") return found;
    query = { ...query, continue: next };
  }
}

async function removeAll(
  client: Client,
  of: Resource,
  found: readonly ObjectMeta[],
  signal: AbortSignal,
): Promise<void> {
  const work = found.values();
  const workers = Array.from({ length: deletesInFlight }, async () => {
    // A signal each: so many requests listening to one of them looks like a leak to Node.
    const own = AbortSignal.any([signal]);
    for (const { namespace, name, uid } of work) {
      const ref = namespace === undefined ? { name } : { namespace, name };
      await deleteOne(client, of, ref, uid, own);
    }
  });
  await Promise.all(workers);
}

/** What has gone, or was replaced by another, needs no deletion. */
async function deleteOne(
  client: Client,
  of: Resource,
  ref: { readonly namespace?: string; readonly name: string },
  uid: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const preconditions = uid === undefined ? {} : { preconditions: { uid } };
  try {
    await client.delete(of, ref, { ...preconditions, signal });
  } catch (error) {
    if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
  }
}
