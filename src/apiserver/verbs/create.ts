import { toTime } from "../../base/rfc3339.ts";
import { without } from "../../k8s/json-fields.ts";
import { generateName } from "../../k8s/names.ts";
import { objectKey } from "../../k8s/object-key.ts";
import {
  ApiError,
  alreadyExists,
  badRequest,
  failure,
  forbidden,
  type GroupResource,
  invalid,
  notFound,
} from "../../k8s/status.ts";
import { validateObjectMeta } from "../registry/object-meta.ts";
import { type Outcome, type RequestContext, strategyContext } from "../request-context.ts";
import type { StoredMeta, StoredObject } from "../store/stored-object.ts";
import { asStored, draftFromBody } from "./draft.ts";
import { parseWriteOptions } from "./write-options.ts";

/** How often a name is generated when the one before was taken (`registry/generic/registry/store.go`). */
const generateNameAttempts = 8;

export function createVerb(context: RequestContext): Outcome {
  const options = parseWriteOptions(context.query, "CreateOptions");
  const object = createObject(context, draftFromBody(context, options), options);
  return {
    kind: "object",
    code: 201,
    object: context.endpoint.conversion?.fromStored(object) ?? object,
  };
}

/**
 * Creates an object as `apiserver/pkg/registry/rest/create.go` does.
 *
 * @throws ApiError
 */
export function createObject(
  context: RequestContext,
  draft: StoredObject,
  { dryRun }: { readonly dryRun: boolean },
): StoredObject {
  const { endpoint } = context;
  const { strategy, collection } = endpoint;
  if (draft.metadata.resourceVersion !== "") {
    const message = "resourceVersion should not be set on objects to be created";
    throw new ApiError(failure(500, "Unknown", message));
  }
  const namespace = namespaceFor(context, draft);
  const named = withNewMetadata(context, draft, namespace);
  checkNamespaceIsOpen(context, namespace, named.metadata.name);
  const defaulted = strategy.defaults?.(named) ?? named;
  const prepared = asStored(
    strategy.prepareForCreate?.(defaulted, strategyContext(context)) ??
      (endpoint.hasStatus ? without(defaulted, "status") : defaulted),
  );
  const causes = [
    ...(strategy.validate?.(prepared) ?? []),
    ...validateObjectMeta(prepared.metadata, strategy),
  ];
  const { name } = prepared.metadata;
  if (causes.length > 0) {
    throw new ApiError(invalid({ group: endpoint.info.group, kind: prepared.kind }, name, causes));
  }
  const existing = collection.get(objectKey(prepared.metadata));
  if (existing !== undefined) throw alreadyThere(endpoint.resource, existing);
  if (dryRun) return { ...prepared, metadata: withoutVersion(prepared.metadata) };
  const result = collection.put(prepared, undefined);
  if (result.kind === "conflict") throw new ApiError(alreadyExists(endpoint.resource, name));
  return result.object;
}

function alreadyThere(of: GroupResource, { metadata }: StoredObject): ApiError {
  const status = alreadyExists(of, metadata.name);
  if (metadata.deletionTimestamp === undefined) return new ApiError(status);
  return new ApiError({ ...status, message: `object is being deleted: ${status.message ?? ""}` });
}

function withoutVersion(metadata: StoredMeta): StoredMeta {
  return without(metadata, "resourceVersion") as StoredMeta;
}

/** The namespace of the path, which the object may repeat but not contradict. */
function namespaceFor(
  { endpoint, info }: RequestContext,
  { metadata }: StoredObject,
): string | undefined {
  const given = metadata.namespace ?? "";
  const expected = endpoint.info.namespaced ? (info.namespace ?? "") : "";
  if (given !== "" && given !== expected) {
    throw new ApiError(
      badRequest(
        "the namespace of the provided object does not match the namespace sent on the request",
      ),
    );
  }
  return expected === "" ? undefined : expected;
}

function withNewMetadata(
  { server, endpoint }: RequestContext,
  draft: StoredObject,
  namespace: string | undefined,
): StoredObject {
  const { clock, random } = server.env;
  const metadata: { -readonly [Key in keyof StoredMeta]: StoredMeta[Key] } = {
    ...without(draft.metadata, "deletionTimestamp", "deletionGracePeriodSeconds", "generation"),
    name: nameFor(draft.metadata, namespace),
    uid: random.uuid(),
    creationTimestamp: toTime(clock.nowMs()),
    resourceVersion: "",
  };
  if (namespace !== undefined) metadata.namespace = namespace;
  if (endpoint.strategy.countsGenerations === true) metadata.generation = 1;
  return { ...draft, metadata };

  function nameFor(
    { name, generateName: prefix = "" }: StoredMeta,
    scope: string | undefined,
  ): string {
    if (name !== "" || prefix === "") return name;
    for (let attempt = 1; ; attempt += 1) {
      const candidate = generateName(prefix, random);
      const isTaken = endpoint.collection.get(objectKey({ namespace: scope, name: candidate }));
      if (isTaken === undefined) return candidate;
      if (attempt === generateNameAttempts) throw generatedNameTaken(endpoint.resource, candidate);
    }
  }
}

function generatedNameTaken(of: GroupResource, name: string): ApiError {
  const status = alreadyExists(of, name);
  const message = `${status.message ?? ""}, the server was not able to generate a unique name for the object`;
  return new ApiError({ ...status, message });
}

/** The admission plugin NamespaceLifecycle. */
function checkNamespaceIsOpen(
  { server, endpoint }: RequestContext,
  namespace: string | undefined,
  name: string,
): void {
  if (namespace === undefined) return;
  const object = server.catalog.collection("", "namespaces")?.get(namespace);
  if (object === undefined) {
    throw new ApiError(notFound({ group: "", plural: "namespaces" }, namespace));
  }
  if (object.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const status = forbidden(endpoint.resource, name, why);
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  throw new ApiError({ ...status, details: { ...status.details, causes: [cause] } });
}
