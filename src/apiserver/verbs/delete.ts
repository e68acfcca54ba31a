import { parseTime, toTime } from "../../base/rfc3339.ts";
import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { ApiError, conflict, forbidden } from "../../k8s/status.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import type { StoredMeta, StoredObject } from "../store/stored-object.ts";
import { type DeleteOptions, parseDeleteOptions } from "./delete-options.ts";
import { asStored } from "./draft.ts";
import { namedObject } from "./get.ts";

/** How a delete ended. */
export interface Deletion {
  /** Gone, or waiting for its grace period or its finalizers. */
  readonly isRemoved: boolean;
  readonly object: StoredObject;
}

export function deleteVerb(context: RequestContext): Outcome {
  const options = parseDeleteOptions(context);
  const object = namedObject(context);
  const deletion = deleteObject(context, object, options);
  const { endpoint } = context;
  if (deletion.isRemoved && !returnsDeletedObject(endpoint.resource)) {
    return { kind: "object", code: 200, object: deletedStatus(context, object) };
  }
  return {
    kind: "object",
    code: 200,
    object: endpoint.conversion?.fromStored(deletion.object) ?? deletion.object,
  };
}

/**
 * Deletes what is stored as `object`, in the order of `registry/generic/registry/store.go`:
 * preconditions, grace period, finalizers, and only then the removal.
 *
 * @throws ApiError
 */
export function deleteObject(
  context: RequestContext,
  object: StoredObject,
  options: DeleteOptions,
): Deletion {
  const { endpoint } = context;
  const { strategy, resource } = endpoint;
  checkPreconditions(context, object, options);
  const refusal = strategy.refuseDelete?.(object);
  if (refusal !== undefined) throw new ApiError(forbidden(resource, object.metadata.name, refusal));
  const nowMs = context.server.env.clock.nowMs();
  const grace = graceOf(context, object, options, nowMs);
  if (grace.kind === "pending") return { isRemoved: false, object };
  const finalizers = finalizersFor(context, object, options);
  const metadata = { ...object.metadata, ...(grace.kind === "graceful" ? grace.metadata : {}) };
  const withFinalizers = withFinalizerList(metadata, object.metadata.finalizers, finalizers);
  const held = finalizers.length > 0 || strategy.isHeld?.(object) === true;
  if (grace.kind === "graceful" && (grace.metadata.deletionGracePeriodSeconds ?? 0) > 0) {
    return { isRemoved: false, object: store(context, object, withFinalizers, options) };
  }
  const marked =
    grace.kind === "graceful" ? withFinalizers : markedAsDeleting(withFinalizers, nowMs);
  if (held) return { isRemoved: false, object: store(context, object, marked, options) };
  if (options.dryRun) return { isRemoved: true, object };
  const final = grace.kind === "graceful" ? { ...object, metadata: marked } : object;
  const key = objectKey(object.metadata);
  const result = endpoint.collection.remove(key, object.metadata.resourceVersion, final);
  if (result.kind === "conflict") throw new ApiError(conflict(resource, object.metadata.name));
  return { isRemoved: true, object: result.object };
}

/** Stores an object that is being deleted, unless that was known. */
function store(
  { endpoint }: RequestContext,
  previous: StoredObject,
  metadata: StoredMeta,
  { dryRun }: DeleteOptions,
): StoredObject {
  const marked: StoredObject = { ...previous, metadata };
  const next = asStored(endpoint.strategy.prepareForDelete?.(marked) ?? marked);
  if (jsonEqual(previous, next)) return previous;
  if (dryRun) return next;
  const result = endpoint.collection.put(next, previous.metadata.resourceVersion);
  if (result.kind === "stored") return result.object;
  throw new ApiError(conflict(endpoint.resource, previous.metadata.name));
}

type Grace =
  /** The kind knows no grace period, or it is over. */
  | { readonly kind: "none" }
  /** A grace period runs, and is not shortened. */
  | { readonly kind: "pending" }
  | {
      readonly kind: "graceful";
      readonly metadata: Pick<StoredMeta, "deletionTimestamp" | "deletionGracePeriodSeconds">;
    };

/** `BeforeDelete` of `registry/rest/delete.go`. */
function graceOf(
  { endpoint }: RequestContext,
  object: StoredObject,
  { gracePeriodSeconds }: DeleteOptions,
  nowMs: number,
): Grace {
  const { strategy } = endpoint;
  if (strategy.gracePeriodSeconds === undefined) return { kind: "none" };
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, generation = 0 } = object.metadata;
  const asked = gracePeriodSeconds === undefined ? undefined : nonNegative(gracePeriodSeconds);
  if (deletionTimestamp === undefined) {
    const seconds = strategy.gracePeriodSeconds(object, asked);
    const metadata = {
      deletionTimestamp: toTime(nowMs + seconds * 1_000),
      deletionGracePeriodSeconds: seconds,
      ...(generation > 0 ? { generation: generation + 1 } : {}),
    };
    return { kind: "graceful", metadata };
  }
  if (deletionGracePeriodSeconds === 0) return { kind: "none" };
  // A second delete may only shorten the period.
  if (asked === undefined || asked >= deletionGracePeriodSeconds) return { kind: "pending" };
  const startMs = (parseTime(deletionTimestamp) ?? nowMs) - deletionGracePeriodSeconds * 1_000;
  const endMs = startMs + asked * 1_000;
  const isOver = endMs < nowMs;
  return {
    kind: "graceful",
    metadata: {
      deletionTimestamp: toTime(isOver ? nowMs : endMs),
      // Whoever ends the object is still told that it ends with grace.
      deletionGracePeriodSeconds: isOver && asked !== 0 ? 1 : asked,
    },
  };
}

function nonNegative(seconds: number): number {
  return seconds < 0 ? 1 : seconds;
}

/** `markAsDeleting` of `registry/generic/registry/store.go`. */
function markedAsDeleting(metadata: StoredMeta, nowMs: number): StoredMeta {
  const { deletionTimestamp, generation = 0 } = metadata;
  const isLater = deletionTimestamp !== undefined && (parseTime(deletionTimestamp) ?? 0) > nowMs;
  return {
    ...metadata,
    ...(deletionTimestamp === undefined && generation > 0 ? { generation: generation + 1 } : {}),
    deletionTimestamp:
      deletionTimestamp === undefined || isLater ? toTime(nowMs) : deletionTimestamp,
    deletionGracePeriodSeconds: 0,
  };
}

/** `deletionFinalizersForGarbageCollection`: what the garbage collector has to do first. */
function finalizersFor(
  { endpoint }: RequestContext,
  { metadata }: StoredObject,
  { propagation }: DeleteOptions,
): readonly string[] {
  const current = metadata.finalizers ?? [];
  const asked = propagation ?? policyOf(current) ?? endpoint.strategy.defaultPropagation;
  const others = current.filter((name) => name !== "orphan" && name !== "foregroundDeletion");
  if (asked === "Orphan") return [...others, "orphan"];
  return asked === "Foreground" ? [...others, "foregroundDeletion"] : others;
}

function policyOf(finalizers: readonly string[]): DeleteOptions["propagation"] {
  if (finalizers.includes("orphan")) return "Orphan";
  return finalizers.includes("foregroundDeletion") ? "Foreground" : undefined;
}

function withFinalizerList(
  metadata: StoredMeta,
  before: readonly string[] | undefined,
  finalizers: readonly string[],
): StoredMeta {
  const isSame =
    (before?.length ?? 0) === finalizers.length &&
    finalizers.every((name) => before?.includes(name));
  return isSame ? metadata : { ...metadata, finalizers };
}

function checkPreconditions(
  { endpoint }: RequestContext,
  { metadata }: StoredObject,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions;
  const of = { group: endpoint.info.group, plural: endpoint.info.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const why =
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
      "The object might have been deleted and then recreated";
    throw new ApiError(conflict(of, metadata.name, why));
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why =
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ` +
      `ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw new ApiError(conflict(of, metadata.name, why));
  }
}

/** Types whose delete answers with the object: `ReturnDeletedObject` in `pkg/registry`. */
const returning: ReadonlySet<string> = new Set([
  "/namespaces",
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
]);
const returningGroups: ReadonlySet<string> = new Set(["resource.k8s.io", "storage.k8s.io"]);

function returnsDeletedObject({ group, plural }: { group: string; plural: string }): boolean {
  return returning.has(`${group}/${plural}`) || returningGroups.has(group);
}

function deletedStatus({ endpoint }: RequestContext, { metadata }: StoredObject): JsonObject {
  const { group, plural } = endpoint.info;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: metadata.name,
      ...(group === "" ? {} : { group }),
      kind: plural,
      uid: metadata.uid,
    },
  };
}
