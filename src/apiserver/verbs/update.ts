import { type JsonObject, type JsonValue, jsonEqual } from "../../k8s/json.ts";
import { objectKey } from "../../k8s/object-key.ts";
import {
  ApiError,
  badRequest,
  conflict,
  invalid,
  notFound,
  type StatusCause,
} from "../../k8s/status.ts";
import { immutable } from "../registry/causes.ts";
import { validateObjectMetaUpdate } from "../registry/object-meta.ts";
import type { Strategy } from "../registry/strategy.ts";
import { type Outcome, type RequestContext, strategyContext } from "../request-context.ts";
import type { StoredMeta, StoredObject } from "../store/stored-object.ts";
import { createObject } from "./create.ts";
import { asStored, draftFromBody } from "./draft.ts";
import { parseWriteOptions } from "./write-options.ts";

/** What of an object an update is about. */
export type UpdatePart = "main" | "status" | "approval";

export function updateVerb(context: RequestContext, part: UpdatePart): Outcome {
  const options = parseWriteOptions(context.query, "UpdateOptions");
  const { endpoint, info } = context;
  const { namespace, name = "" } = info;
  const previous = endpoint.collection.get(objectKey({ namespace, name }));
  const draft = draftFromBody(context, options, previous);
  checkName(draft, namespace, name);
  if (previous === undefined) {
    if (part !== "main" || endpoint.strategy.createOnUpdate !== true) {
      throw new ApiError(notFound(endpoint.resource, name));
    }
    const fresh = { ...draft, metadata: { ...draft.metadata, resourceVersion: "" } };
    return outcome(context, 201, createObject(context, fresh, options));
  }
  if (draft.metadata.resourceVersion === "" && endpoint.strategy.requiresVersionOnUpdate === true) {
    throw versionRequired(context, name);
  }
  return outcome(context, 200, updateObject(context, previous, draft, { ...options, part }));
}

export function outcome(context: RequestContext, code: number, object: StoredObject): Outcome {
  return {
    kind: "object",
    code,
    object: context.endpoint.conversion?.fromStored(object) ?? object,
  };
}

/**
 * Replaces `previous`, which is what is stored, by `draft`, as `registry/rest/update.go` and
 * `registry/generic/registry/store.go` do. A write that changes nothing leaves the revision as it
 * is; one that takes the last finalizer off an object that is being deleted removes it.
 *
 * @throws ApiError
 */
export function updateObject(
  context: RequestContext,
  previous: StoredObject,
  draft: StoredObject,
  { part, dryRun }: { readonly part: UpdatePart; readonly dryRun: boolean },
): StoredObject {
  const { endpoint } = context;
  const { strategy } = endpoint;
  checkPreconditions(context, previous, draft);
  const next = withKeptMetadata(previous, draft);
  const defaulted = asStored(strategy.defaults?.(next) ?? next);
  const prepared = prepare[part](context, previous, defaulted);
  const causes = [
    ...deletionFaults(previous, draft),
    ...validateObjectMetaUpdate(prepared.metadata, previous.metadata),
    ...validate[part](strategy, prepared, previous),
  ];
  if (causes.length > 0) {
    const { name } = previous.metadata;
    throw new ApiError(invalid({ group: endpoint.info.group, kind: prepared.kind }, name, causes));
  }
  return storeUpdate(context, previous, prepared, dryRun);
}

/** Stores what was prepared and checked. */
export function storeUpdate(
  { endpoint }: RequestContext,
  previous: StoredObject,
  next: StoredObject,
  dryRun: boolean,
): StoredObject {
  const { collection, strategy, resource } = endpoint;
  const { name, resourceVersion } = previous.metadata;
  const isRemoval = endsDeletion(previous, next) && strategy.isHeld?.(next) !== true;
  if (!isRemoval && jsonEqual(previous, next)) return previous;
  if (dryRun) return next;
  const result = isRemoval
    ? collection.remove(objectKey(previous.metadata), resourceVersion, next)
    : collection.put(next, resourceVersion);
  if (result.kind === "conflict") throw new ApiError(conflict(resource, name));
  return result.object;
}

/** `ShouldDeleteDuringUpdate` of `registry/generic/registry/store.go`. */
function endsDeletion(
  { metadata: before }: StoredObject,
  { metadata: after }: StoredObject,
): boolean {
  if ((after.finalizers?.length ?? 0) > 0) return false;
  return before.deletionTimestamp !== undefined && (before.deletionGracePeriodSeconds ?? 0) === 0;
}

function checkPreconditions(
  { endpoint }: RequestContext,
  { metadata: stored }: StoredObject,
  { metadata: given }: StoredObject,
): void {
  if (given.uid !== "" && given.uid !== stored.uid) {
    const why = `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${stored.uid}`;
    throw new ApiError(conflict(endpoint.resource, stored.name, why));
  }
  if (given.resourceVersion !== "" && given.resourceVersion !== stored.resourceVersion) {
    throw new ApiError(conflict(endpoint.resource, stored.name));
  }
}

/** Only a delete begins a deletion. Afterwards, what an update says of it does not count. */
function deletionFaults(
  { metadata: before }: StoredObject,
  { metadata: given }: StoredObject,
): readonly StatusCause[] {
  const { deletionTimestamp } = given;
  if (before.deletionTimestamp !== undefined || deletionTimestamp === undefined) return [];
  return [immutable("metadata.deletionTimestamp", deletionTimestamp)];
}

/**
 * What of the metadata no client may change, or may leave out. What says the same as before is kept
 * as the very same value: it needs no check, and a renewed Lease no second copy of its owner.
 */
function withKeptMetadata(previous: StoredObject, draft: StoredObject): StoredObject {
  const { metadata: before } = previous;
  const metadata: Record<string, JsonValue | undefined> = {
    ...draft.metadata,
    name: before.name,
    uid: before.uid,
    resourceVersion: before.resourceVersion,
    creationTimestamp: before.creationTimestamp,
  };
  for (const key of keptOrAbsent) {
    const value = before[key];
    if (value !== undefined) metadata[key] = value;
    else if (metadata[key] !== undefined) delete metadata[key];
  }
  for (const key of shared) {
    const value = before[key];
    if (value !== undefined && jsonEqual(metadata[key], value)) metadata[key] = value;
  }
  return { ...draft, metadata: metadata as StoredMeta };
}

const keptOrAbsent = [
  "namespace",
  "generateName",
  "generation",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;
const shared = ["labels", "annotations", "ownerReferences", "finalizers"] as const;

function prepareMain(
  context: RequestContext,
  previous: StoredObject,
  next: StoredObject,
): StoredObject {
  const { strategy, hasStatus } = context.endpoint;
  const kept = hasStatus ? withStatusOf(next, previous) : next;
  const prepared = asStored(
    strategy.prepareForUpdate?.(kept, previous, strategyContext(context)) ?? kept,
  );
  const counts = strategy.countsGenerations === true;
  if (!counts || (sameBody(prepared, previous) && sameCounted(strategy, prepared, previous))) {
    return prepared;
  }
  const generation = (previous.metadata.generation ?? 0) + 1;
  return { ...prepared, metadata: { ...prepared.metadata, generation } };
}

/** Whether what a strategy counts beside the body is the same. */
function sameCounted(strategy: Strategy, next: StoredObject, previous: StoredObject): boolean {
  return (strategy.generationCounts ?? []).every((field) =>
    jsonEqual(next.metadata[field], previous.metadata[field]),
  );
}

function prepareStatus(
  context: RequestContext,
  previous: StoredObject,
  next: StoredObject,
): StoredObject {
  const { strategy } = context.endpoint;
  if (strategy.prepareForStatusUpdate !== undefined) {
    return asStored(strategy.prepareForStatusUpdate(next, previous, strategyContext(context)));
  }
  return { ...withStatusOf(previous, next), metadata: next.metadata };
}

function prepareApproval(
  context: RequestContext,
  previous: StoredObject,
  next: StoredObject,
): StoredObject {
  const { approval } = context.endpoint.strategy;
  if (approval === undefined) return prepareStatus(context, previous, next);
  return asStored(approval.prepare(next, previous, strategyContext(context)));
}

type Prepare = typeof prepareMain;
type Validate = (
  strategy: Strategy,
  next: StoredObject,
  previous: StoredObject,
) => readonly StatusCause[];

const prepare: Readonly<Record<UpdatePart, Prepare>> = {
  main: prepareMain,
  status: prepareStatus,
  approval: prepareApproval,
};

const validate: Readonly<Record<UpdatePart, Validate>> = {
  main: (strategy, next, previous) => [
    ...(strategy.validate?.(next) ?? []),
    ...(strategy.validateUpdate?.(next, previous) ?? []),
  ],
  status: (strategy, next, previous) => strategy.validateStatusUpdate?.(next, previous) ?? [],
  approval: (strategy, next, previous) => strategy.approval?.validate(next, previous) ?? [],
};

function withStatusOf(object: StoredObject, source: StoredObject): StoredObject {
  const { status, ...others } = object;
  if (source["status"] === status) return object;
  if (source["status"] === undefined) return others as StoredObject;
  return { ...object, status: source["status"] };
}

/** Whether two states differ in no more than metadata and status. */
function sameBody(left: JsonObject, right: JsonObject): boolean {
  for (const key in left) {
    if (key !== "metadata" && key !== "status" && !jsonEqual(left[key], right[key])) return false;
  }
  for (const key in right) {
    if (left[key] === undefined && right[key] !== undefined && key !== "status") return false;
  }
  return true;
}

function checkName({ metadata }: StoredObject, namespace: string | undefined, name: string): void {
  if (metadata.name !== name) {
    throw new ApiError(
      badRequest(
        metadata.name === ""
          ? `the name of the object (${name} based on URL) was undeterminable: name must be provided`
          : `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
      ),
    );
  }
  const given = metadata.namespace ?? "";
  if (namespace !== undefined && given !== "" && given !== namespace) {
    throw new ApiError(
      badRequest(
        "the namespace of the provided object does not match the namespace sent on the request",
      ),
    );
  }
}

function versionRequired({ endpoint }: RequestContext, name: string): ApiError {
  return new ApiError(
    invalid({ group: endpoint.info.group, kind: endpoint.info.plural }, name, [
      {
        reason: "FieldValueInvalid",
        field: "metadata.resourceVersion",
        message: "Invalid value: 0: must be specified for an update",
      },
    ]),
  );
}
