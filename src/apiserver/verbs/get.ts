import { objectKey } from "../../k8s/object-key.ts";
import { ApiError, notFound } from "../../k8s/status.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { checkNotInFuture, parseListQuery } from "./list-options.ts";

export function getVerb(context: RequestContext): Outcome {
  const { endpoint, query, server } = context;
  if (query["resourceVersion"] !== undefined) {
    checkNotInFuture(parseListQuery(query, false).revision, server.store.revision);
  }
  const object = namedObject(context);
  return { kind: "object", code: 200, object: endpoint.conversion?.fromStored(object) ?? object };
}

/** The stored object that the path names. @throws ApiError 404 */
export function namedObject({ endpoint, info }: RequestContext): StoredObject {
  const { namespace, name = "" } = info;
  const object = endpoint.collection.get(objectKey({ namespace, name }));
  if (object === undefined) throw new ApiError(notFound(endpoint.resource, name));
  return object;
}
