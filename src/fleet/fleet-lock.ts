import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { parseTime, toMicroTime } from "../base/rfc3339.ts";
import type { Client } from "../client/index.ts";
import { leases } from "../k8s/resources.ts";
import { ApiError, isApiError } from "../k8s/status.ts";
import type { Lease } from "../k8s/types/coordination.ts";
import type { ToCreate } from "../k8s/types/meta.ts";
import { fleetLabel, leaseNamespace } from "../kubelet/index.ts";
import { FleetError } from "./fleet-error.ts";
import type { HolderIdentity } from "./fleet-options.ts";

export interface FleetLockOptions {
  readonly client: Client;
  readonly fleet: string;
  readonly identity: HolderIdentity;
  /** What the holder tells of itself, in its Lease. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** How many nodes a fleet is to have: an annotation of its Lease. */
export const nodesAnnotation = "hollowmark/nodes";
/** Where the metrics of the process are that runs it: another. */
export const metricsAnnotation = "hollowmark/metrics";

/** Says that this process, and no other, runs the fleet. */
export interface FleetLock {
  /** Rejects, with a FleetError, when another process has the fleet. Never resolves. */
  readonly lost: Promise<never>;
  /** Gives the fleet free. */
  release(): Promise<void>;
}

/** How long a holder that does not renew keeps the fleet: the terms of client-go's leader election. */
const durationS = 15;
/** How often the holder renews: so long it takes at most to notice that the fleet was removed. */
export const renewLockEveryMs = 5_000;
/** A renewal and its jitter at a server that is not quick. */
const renewalTakesMs = 2_000;
const observeEveryMs = 1_000;
const requestTimeoutMs = 5_000;

export function lockName(fleet: string): string {
  return `hollowmark-fleet-${fleet}`;
}

/** @throws FleetError `held` when another process runs the fleet; ApiError, TransportError */
export async function acquireFleetLock(
  options: FleetLockOptions,
  env: Env,
  signal: AbortSignal,
): Promise<FleetLock> {
  const found = await findHolder(options, env, signal);
  if (found.kind === "live") throw heldError(options.fleet, found.lease);
  const { client } = options;
  const lease = leaseObject(options, env.clock.nowMs());
  try {
    const held =
      found.kind === "none"
        ? await client.create(leases, lease, { signal })
        : await client.update(leases, takenOver(found.lease, lease), { signal });
    return keepLock(held, options, env);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 409) throw error;
    const message = `fleet "${options.fleet}" was taken by another process just now`;
    throw new FleetError("held", message, error);
  }
}

/** The Lease that a dead holder has left, as ours. */
function takenOver(left: Lease, { metadata, spec = {} }: ToCreate<Lease>): Lease {
  const { annotations = {} } = metadata;
  return { ...left, metadata: { ...left.metadata, annotations }, spec };
}

export type FoundHolder =
  | { readonly kind: "none" }
  /** Its time is over, or its process has ended. */
  | { readonly kind: "dead"; readonly lease: Lease }
  | { readonly kind: "live"; readonly lease: Lease };

/**
 * Finds out whether somebody runs the fleet. A holder that is not known to be gone is watched until
 * it renews, at most for the 15 s that it has, or for as long as one renewal takes when it seems long
 * overdue: the clocks of two machines need not agree, and one clock may jump.
 */
export async function findHolder(
  { client, fleet, identity }: FleetLockOptions,
  env: Env,
  signal: AbortSignal,
): Promise<FoundHolder> {
  const ref = { namespace: leaseNamespace, name: lockName(fleet) };
  const { clock } = env;
  let first: Lease | undefined;
  const sinceMs = clock.monotonicMs();
  for (;;) {
    const lease = await getLease(client, ref, signal);
    if (lease === undefined) return { kind: "none" };
    const holder = lease.spec?.holderIdentity ?? "";
    const renewedMs = parseTime(lease.spec?.renewTime ?? "") ?? 0;
    if (holder === "" || identity.isGone(holder)) return { kind: "dead", lease };
    first ??= lease;
    if (lease.metadata.resourceVersion !== first.metadata.resourceVersion) {
      return { kind: "live", lease };
    }
    const isOverdue = Math.abs(clock.nowMs() - renewedMs) > 3 * durationS * 1_000;
    const watchedForMs = isOverdue ? renewLockEveryMs + renewalTakesMs : durationS * 1_000;
    if (clock.monotonicMs() - sinceMs > watchedForMs) return { kind: "dead", lease };
    await sleep(clock, observeEveryMs, signal);
  }
}

export function heldError(fleet: string, { spec }: Lease): FleetError {
  const message = `fleet "${fleet}" is run by another process: ${spec?.holderIdentity}, which renewed it at ${spec?.renewTime}`;
  return new FleetError("held", message);
}

function keepLock(acquired: Lease, options: FleetLockOptions, env: Env): FleetLock {
  const { client, fleet } = options;
  const { clock } = env;
  const stop = new AbortController();
  const ref = { namespace: leaseNamespace, name: lockName(fleet) };
  let lease = acquired;

  async function renew(): Promise<void> {
    const timeout = new AbortController();
    const timer = clock.schedule(requestTimeoutMs, () => timeout.abort());
    const spec = { ...lease.spec, renewTime: toMicroTime(clock.nowMs()) };
    try {
      lease = await renewOnce({ ...lease, spec }, options, timeout.signal);
    } catch (error) {
      if (error instanceof FleetError) throw error;
      env.log.debug("The lock of the fleet was not renewed", { fleet, error });
    } finally {
      timer.cancel();
    }
  }

  async function keep(): Promise<never> {
    for (;;) {
      await sleep(clock, renewLockEveryMs, stop.signal);
      await renew();
    }
  }

  // An end by `release` is none that anybody waits for.
  const lost = new Promise<never>((_, reject) => {
    keep().catch((error: unknown) => {
      if (error instanceof FleetError) reject(error);
    });
  });
  lost.catch(() => {}); // Nobody has to wait for it.
  return {
    lost,
    async release() {
      stop.abort();
      const { uid } = lease.metadata;
      await client.delete(leases, ref, { preconditions: { uid } }).catch((error: unknown) => {
        if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
      });
    },
  };
}

/** @throws FleetError `lost` if it is another's or was deleted; ApiError, TransportError */
async function renewOnce(
  lease: Lease,
  { client, fleet, identity }: FleetLockOptions,
  signal: AbortSignal,
): Promise<Lease> {
  const { name, namespace = leaseNamespace, uid } = lease.metadata;
  const ref = { namespace, name };
  const found = await client.update(leases, lease, { signal }).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 404) return undefined;
    if (error.code === 409) return getLease(client, ref, signal);
    throw error;
  });
  if (found === undefined) throw new FleetError("lost", `fleet "${fleet}" was removed`);
  if (found.spec?.holderIdentity !== identity.holder) {
    const message = `fleet "${fleet}" was taken over by ${found.spec?.holderIdentity}`;
    throw new FleetError("lost", message);
  }
  if (found.metadata.uid === uid) return found;
  // It was deleted: a PUT makes a Lease anew where there is none.
  const preconditions = { uid: found.metadata.uid };
  await client.delete(leases, ref, { preconditions, signal }).catch(() => {});
  throw new FleetError("lost", `fleet "${fleet}" was removed`);
}

async function getLease(
  client: Client,
  ref: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Lease | undefined> {
  try {
    return await client.get(leases, ref, { signal });
  } catch (error) {
    if (isApiError(error, "NotFound")) return undefined;
    throw error;
  }
}

function leaseObject(
  { fleet, identity, annotations = {} }: FleetLockOptions,
  nowMs: number,
): ToCreate<Lease> {
  const nowText = toMicroTime(nowMs);
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name: lockName(fleet),
      namespace: leaseNamespace,
      labels: { [fleetLabel]: fleet },
      annotations,
    },
    spec: {
      holderIdentity: identity.holder,
      leaseDurationSeconds: durationS,
      acquireTime: nowText,
      renewTime: nowText,
    },
  };
}
