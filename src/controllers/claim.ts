import type { Client } from "../client/index.ts";
import type { LabelMatcher } from "../k8s/label-selector.ts";
import { controllerRef } from "../k8s/owner-refs.ts";
import type { Resource } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { KubeObject } from "../k8s/types/meta.ts";

/** Which objects belong to a controller, and which should begin or cease to. */
export interface Claim<T> {
  readonly keep: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

const always = (): boolean => true;

/**
 * Ownership follows the selector: what it owns and no longer selects is released, an orphan that it
 * selects is adopted. An owner on its way out changes nothing. Follows `BaseControllerRefManager`
 * of `pkg/controller/controller_ref_manager.go`.
 *
 * @param counts what is left out as if it were not there. Default: nothing.
 */
export function decideClaim<T extends KubeObject>(
  owner: KubeObject,
  matches: LabelMatcher,
  owned: readonly T[],
  orphans: readonly T[],
  counts: (object: T) => boolean = always,
): Claim<T> {
  const ownerIsGoing = owner.metadata.deletionTimestamp !== undefined;
  const keep: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  for (const object of owned) {
    if (!counts(object)) continue;
    if (matches(object.metadata.labels)) keep.push(object);
    else if (!ownerIsGoing) release.push(object);
  }
  if (!ownerIsGoing) {
    for (const object of orphans) {
      if (object.metadata.deletionTimestamp !== undefined || !counts(object)) continue;
      if (matches(object.metadata.labels)) adopt.push(object);
    }
  }
  return { keep, adopt, release };
}

/**
 * Carries a claim out and returns the objects that belong to the owner afterwards. Before it adopts,
 * it asks the server whether the owner still lives: its own cache may be behind.
 */
export async function carryOutClaim<T extends KubeObject>(
  client: Client,
  ownerResource: Resource,
  owner: KubeObject,
  resource: Resource<T>,
  claim: Claim<T>,
): Promise<readonly T[]> {
  for (const object of claim.release) await releaseObject(client, owner, resource, object);
  if (claim.adopt.length === 0) return claim.keep;
  const fresh = await client.get(ownerResource, refOf(owner));
  if (fresh.metadata.uid !== owner.metadata.uid || fresh.metadata.deletionTimestamp !== undefined) {
    return claim.keep;
  }
  const adopted: T[] = [];
  for (const object of claim.adopt) {
    const result = await adoptObject(client, owner, resource, object);
    if (result !== undefined) adopted.push(result);
  }
  return [...claim.keep, ...adopted];
}

/** Undefined when the object is gone, or has become another one of that name. */
async function adoptObject<T extends KubeObject>(
  client: Client,
  owner: KubeObject,
  resource: Resource<T>,
  object: T,
): Promise<T | undefined> {
  const patch = {
    metadata: { uid: object.metadata.uid, ownerReferences: [controllerRef(owner)] },
  };
  try {
    const type = "application/strategic-merge-patch+json";
    return await client.patch(resource, refOf(object), type, patch);
  } catch (error) {
    if (isApiError(error, "NotFound") || isApiError(error, "Conflict")) return undefined;
    throw error;
  }
}

async function releaseObject(
  client: Client,
  owner: KubeObject,
  resource: Resource,
  object: KubeObject,
): Promise<void> {
  const patch = {
    metadata: {
      uid: object.metadata.uid,
      ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }],
    },
  };
  try {
    await client.patch(resource, refOf(object), "application/strategic-merge-patch+json", patch);
  } catch (error) {
    // Gone, or already another object of that name, or no longer owned: all of them released.
    const released =
      isApiError(error, "NotFound") ||
      isApiError(error, "Conflict") ||
      isApiError(error, "Invalid");
    if (!released) throw error;
  }
}

/** The name of an object for a request. */
export function refOf(object: KubeObject): { readonly namespace?: string; readonly name: string } {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}
