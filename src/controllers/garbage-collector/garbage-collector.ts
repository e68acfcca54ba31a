import type { Client } from "../../client/index.ts";
import { jsonEqual } from "../../k8s/json.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { isApiError } from "../../k8s/status.ts";
import type { KubeObject, OwnerReference } from "../../k8s/types/meta.ts";
import { forEachBounded } from "../bounded.ts";
import { refOf } from "../claim.ts";
import { type ControllerContext, type RunningController, settleMs } from "../controller-context.ts";
import { type ReconcileLoop, startReconcileLoop } from "../reconcile-loop.ts";
import {
  decideGarbage,
  foregroundDeletion,
  type GarbageDecision,
  isWaiting,
  type OwnerState,
  orphanDependents,
} from "./decide-garbage.ts";
import { createDependents, type Dependents } from "./dependents.ts";
import { typeName, type WatchedType, type WatchedTypes, watchTypes } from "./watched-types.ts";

/** As kube-controller-manager's `--concurrent-gc-syncs`. */
const workers = 20;
/** An owner that is not in the cache may be there in this time: its watch is another one. */
const ownerGraceMs = 1_000;
const absentOwnersMax = 500;
const inFlightMax = 20;

/**
 * Deletes what is owned by what is gone: in the background, in the foreground, or not at all, as the
 * deletion of the owner has asked. Follows `pkg/controller/garbagecollector`.
 */
export function startGarbageCollector(context: ControllerContext): RunningController {
  const { signal, env } = context;
  const dependents = createDependents();
  const types = watchTypes(context, (type) => follow(type, types, dependents, loop));
  const collector = new GarbageCollector(context.client, types, dependents);
  const loop = startReconcileLoop(
    {
      name: "garbage-collector-controller",
      workers,
      after: [],
      signal,
      reconcile: (key) => collector.reconcile(key, loop),
    },
    env,
  );
  return { stopped: Promise.all([loop.stopped, types.stopped]).then(() => undefined) };
}

/** Keeps the index of dependents up to date, and has looked at what a change may have made garbage. */
function follow(
  type: WatchedType,
  types: WatchedTypes,
  dependents: Dependents,
  loop: ReconcileLoop,
): void {
  const keyOf = keyMaker(type);
  const wakeWaitingOwners = ({ metadata }: KubeObject): void => {
    for (const reference of metadata.ownerReferences ?? []) {
      const owner = cachedOwner(types, reference, metadata.namespace);
      if (owner !== undefined && isWaiting(owner.object)) loop.addAfter(owner.key, settleMs);
    }
  };
  const check = (object: KubeObject): void => {
    const { deletionTimestamp, ownerReferences = [], namespace } = object.metadata;
    if (deletionTimestamp !== undefined) {
      if ((object.metadata.finalizers?.length ?? 0) > 0) loop.add(keyOf(object));
      return;
    }
    const isSound = ownerReferences.every((reference) => {
      const owner = cachedOwner(types, reference, namespace);
      return owner !== undefined && !isWaiting(owner.object);
    });
    if (!isSound) loop.addAfter(keyOf(object), ownerGraceMs);
  };
  type.informer.subscribe({
    added(object) {
      dependents.note(keyOf(object), object, undefined);
      check(object);
    },
    updated(object, previous) {
      const { metadata } = object;
      const sameOwners = jsonEqual(metadata.ownerReferences, previous.metadata.ownerReferences);
      if (!sameOwners) {
        dependents.note(keyOf(object), object, previous);
        wakeWaitingOwners(previous);
      }
      if (!sameOwners || metadata.deletionTimestamp !== undefined) check(object);
      if (isWaiting(object)) for (const key of dependents.of(metadata.uid)) loop.add(key);
    },
    deleted(object) {
      dependents.note(keyOf(object), undefined, object);
      wakeWaitingOwners(object);
      for (const key of dependents.of(object.metadata.uid)) loop.add(key);
    },
  });
}

/** `plural.group|namespace/name`. */
function keyMaker({ resource }: WatchedType): (object: KubeObject) => string {
  const prefix = `${typeName(resource)}|`;
  return ({ metadata }) => prefix + objectKey(metadata);
}

interface CachedObject {
  readonly key: string;
  readonly object: KubeObject;
}

/** The owner that a reference names, if the cache has it. */
function cachedOwner(
  types: WatchedTypes,
  reference: OwnerReference,
  namespace: string | undefined,
): CachedObject | undefined {
  const type = types.byKind(groupOf(reference.apiVersion), reference.kind);
  if (type === undefined) return undefined;
  const scope = type.resource.namespaced ? namespace : undefined;
  const object = type.informer.indexer.get(objectKey({ namespace: scope, name: reference.name }));
  if (object?.metadata.uid !== reference.uid) return undefined;
  return { key: keyMaker(type)(object), object };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

class GarbageCollector {
  readonly #client: Client;
  readonly #types: WatchedTypes;
  readonly #dependents: Dependents;
  /** UIDs of owners that the server does not know: a UID never comes back. */
  readonly #absentOwners = new Set<string>();

  constructor(client: Client, types: WatchedTypes, dependents: Dependents) {
    this.#client = client;
    this.#types = types;
    this.#dependents = dependents;
  }

  async reconcile(key: string, loop: ReconcileLoop): Promise<number | undefined> {
    const found = this.#find(key);
    if (found === undefined) return undefined;
    const { type, object } = found;
    const { ownerReferences = [], namespace, uid } = object.metadata;
    const owners = new Map<string, OwnerState>();
    for (const reference of ownerReferences) {
      owners.set(reference.uid, await this.#stateOf(reference, namespace));
    }
    const dependents = [...this.#dependents.of(uid)].flatMap((each) => this.#find(each) ?? []);
    const decision = decideGarbage({
      object,
      owners,
      dependents: dependents.map((each) => each.object),
    });
    if (decision.kind === "wait") {
      for (const each of dependents) {
        if (decision.toDelete.includes(each.object)) loop.add(each.key);
      }
      return undefined;
    }
    await this.#carryOut(type, object, decision, dependents);
    return undefined;
  }

  async #carryOut(
    type: WatchedType,
    object: KubeObject,
    decision: Exclude<GarbageDecision, { kind: "wait" }>,
    dependents: readonly FoundObject[],
  ): Promise<void> {
    try {
      switch (decision.kind) {
        case "keep":
          return;
        case "delete": {
          const { uid, resourceVersion } = object.metadata;
          const preconditions = { uid, resourceVersion };
          const { propagationPolicy } = decision;
          const options = { preconditions, propagationPolicy };
          await this.#client.delete(type.resource, refOf(object), options);
          return;
        }
        case "dropOwners":
          await this.#dropOwners(type, object, decision.uids);
          return;
        case "orphan":
          await forEachBounded(dependents, inFlightMax, (each) =>
            this.#dropOwners(each.type, each.object, [object.metadata.uid]),
          );
          await this.#dropFinalizer(type, object, orphanDependents);
          return;
        case "release":
          await this.#dropFinalizer(type, object, foregroundDeletion);
          return;
      }
    } catch (error) {
      if (!isApiError(error, "NotFound")) throw error;
    }
  }

  /** A merge patch, for custom resources know no other, with the version that it was made from. */
  async #dropOwners(type: WatchedType, object: KubeObject, uids: readonly string[]): Promise<void> {
    const { uid, resourceVersion, ownerReferences = [] } = object.metadata;
    const kept = ownerReferences.filter((reference) => !uids.includes(reference.uid));
    const patch = { metadata: { uid, resourceVersion, ownerReferences: kept } };
    await this.#client.patch(type.resource, refOf(object), "application/merge-patch+json", patch);
  }

  async #dropFinalizer(type: WatchedType, object: KubeObject, name: string): Promise<void> {
    const { uid, resourceVersion, finalizers = [] } = object.metadata;
    const kept = finalizers.filter((each) => each !== name);
    const patch = { metadata: { uid, resourceVersion, finalizers: kept } };
    await this.#client.patch(type.resource, refOf(object), "application/merge-patch+json", patch);
  }

  async #stateOf(reference: OwnerReference, namespace: string | undefined): Promise<OwnerState> {
    const cached = cachedOwner(this.#types, reference, namespace);
    if (cached !== undefined) return isWaiting(cached.object) ? "waiting" : "present";
    if (this.#absentOwners.has(reference.uid)) return "absent";
    const type = this.#types.byKind(groupOf(reference.apiVersion), reference.kind);
    if (type === undefined || (type.resource.namespaced && namespace === undefined)) {
      return "unknown";
    }
    const { name } = reference;
    const ref =
      type.resource.namespaced && namespace !== undefined ? { namespace, name } : { name };
    try {
      const owner = await this.#client.get(type.resource, ref);
      if (owner.metadata.uid === reference.uid) return isWaiting(owner) ? "waiting" : "present";
    } catch (error) {
      if (!isApiError(error, "NotFound")) throw error;
    }
    this.#noteAbsent(reference.uid);
    return "absent";
  }

  #noteAbsent(uid: string): void {
    this.#absentOwners.add(uid);
    const [oldest] = this.#absentOwners;
    if (this.#absentOwners.size > absentOwnersMax && oldest !== undefined) {
      this.#absentOwners.delete(oldest);
    }
  }

  #find(key: string): FoundObject | undefined {
    const separator = key.indexOf("|");
    const type = this.#types.byName(key.slice(0, separator));
    const object = type?.informer.indexer.get(key.slice(separator + 1));
    return type === undefined || object === undefined ? undefined : { key, type, object };
  }
}

interface FoundObject extends CachedObject {
  readonly type: WatchedType;
}
