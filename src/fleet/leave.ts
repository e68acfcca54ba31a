import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { Client } from "../client/index.ts";
import { csiNodes, leases, nodes, type Resource } from "../k8s/resources.ts";
import { ApiError } from "../k8s/status.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
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

/** How many objects were deleted. */
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
 * Removes what a fleet left in a cluster: its Nodes, their Leases and CSINodes, all of which carry
 * its label, and nothing else. It needs no process of the fleet. Pods that were bound to the nodes
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

/** Deletes the Nodes, Leases and CSINodes that carry the fleet's label. */
export async function removeFleetObjects(
  client: Client,
  fleet: string,
  signal: AbortSignal,
): Promise<RemovedFleet> {
  // Nodes first: nothing is scheduled to them any more.
  return {
    nodes: await removeAll(client, nodes, undefined, fleet, signal),
    leases: await removeAll(client, leases, leaseNamespace, fleet, signal),
    csiNodes: await removeAll(client, csiNodes, undefined, fleet, signal),
  };
}

async function removeAll<T extends KubeObject>(
  client: Client,
  of: Resource<T>,
  namespace: string | undefined,
  fleet: string,
  signal: AbortSignal,
): Promise<number> {
  const found: { readonly name: string; readonly uid: string }[] = [];
  const query = {
    labelSelector: `${fleetLabel}=${fleet}`,
    limit: pageSize,
    signal,
    ...(namespace === undefined ? {} : { namespace }),
  };
  let next: string | undefined;
  do {
    const page = await client.list(of, next === undefined ? query : { ...query, continue: next });
    for (const { metadata } of page.items) {
      if (metadata.name !== lockName(fleet)) found.push({ name: metadata.name, uid: metadata.uid });
    }
    next = page.metadata.continue;
  } while (next !== undefined && next !== "");

  let deleted = 0;
  const work = found.values();
  const workers = Array.from({ length: deletesInFlight }, async () => {
    // A signal each: so many requests listening to one of them looks like a leak to Node.
    const own = AbortSignal.any([signal]);
    for (const { name, uid } of work) {
      const ref = namespace === undefined ? { name } : { namespace, name };
      if (await deleteOne(client, of, ref, uid, own)) deleted += 1;
    }
  });
  await Promise.all(workers);
  return deleted;
}

/** Whether it was there. What has gone, or was replaced by another, needs no deletion. */
async function deleteOne(
  client: Client,
  of: Resource,
  ref: { readonly namespace?: string; readonly name: string },
  uid: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const preconditions = uid === undefined ? {} : { preconditions: { uid } };
  try {
    await client.delete(of, ref, { ...preconditions, signal });
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.code === 404 || error.code === 409)) return false;
    throw error;
  }
}
