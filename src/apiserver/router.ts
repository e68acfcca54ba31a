import { ApiError, failure } from "../k8s/status.ts";
import type { Endpoint } from "./endpoint.ts";
import { methodNotAllowed } from "./path-routes.ts";
import type { Outcome, RequestContext } from "./request-context.ts";
import type { ResourceRequest, Verb } from "./request-info.ts";
import { bindPod } from "./subresources/binding.ts";
import { evictPod } from "./subresources/eviction.ts";
import { finalizeNamespace } from "./subresources/finalize.ts";
import { answerReview, isReview } from "./subresources/reviews.ts";
import { getScale, patchScale, updateScale } from "./subresources/scale.ts";
import { requestToken } from "./subresources/token.ts";
import { createVerb } from "./verbs/create.ts";
import { deleteVerb } from "./verbs/delete.ts";
import { deleteCollectionVerb } from "./verbs/delete-collection.ts";
import { getVerb } from "./verbs/get.ts";
import { listVerb } from "./verbs/list.ts";
import { patchVerb } from "./verbs/patch.ts";
import { type UpdatePart, updateVerb } from "./verbs/update.ts";
import { watchVerb } from "./verbs/watch.ts";

type Handler = (context: RequestContext) => Outcome;

const verbs: Readonly<Record<Verb, Handler>> = {
  get: getVerb,
  list: listVerb,
  watch: watchVerb,
  create: createVerb,
  update: (context) => updateVerb(context, "main"),
  patch: (context) => patchVerb(context, "main"),
  delete: deleteVerb,
  deletecollection: deleteCollectionVerb,
};

type Handlers = Partial<Readonly<Record<Verb, Handler>>>;

const partHandlers = (part: UpdatePart): Handlers => ({
  get: getVerb,
  update: (context) => updateVerb(context, part),
  patch: (context) => patchVerb(context, part),
});

/** By the name of the subresource, or by `GROUP/PLURAL/NAME` where it is particular to a type. */
const subresources: Readonly<Record<string, Handlers>> = {
  status: partHandlers("status"),
  approval: partHandlers("approval"),
  scale: { get: getScale, update: updateScale, patch: patchScale },
  "/namespaces/finalize": { update: finalizeNamespace },
  "/pods/binding": { create: bindPod },
  "/pods/eviction": { create: evictPod },
  "/serviceaccounts/token": { create: requestToken },
};

/** What answers a request, or undefined if its path is not served at all. */
export type Route = { readonly endpoint: Endpoint; readonly handler: Handler } | undefined;

/**
 * @param find looks up an endpoint by group, version and plural.
 * @throws ApiError 405 for a verb that the resource does not have, 501 for what is not there yet.
 */
export function routeOf(
  info: ResourceRequest,
  find: (group: string, version: string, plural: string) => Endpoint | undefined,
): Route {
  const { verb, group, version, resource, namespace, name, subresource } = info;
  const endpoint = find(group, version, resource);
  if (endpoint === undefined) return undefined;
  if (namespace !== undefined && !endpoint.info.namespaced) return undefined;
  if (subresource !== undefined) return { endpoint, handler: subresourceHandler(info, endpoint) };
  if (isReview(group, resource)) {
    if (verb !== "create") throw methodNotAllowed();
    return { endpoint, handler: answerReview };
  }
  if (group === "" && resource === "bindings") return bindingsRoute(verb, find);
  // A watch of one object is a watch of the collection, so it needs no name in the list of verbs.
  if (!endpoint.info.verbs.includes(verb)) throw methodNotAllowed();
  const needsNamespace = name !== undefined || verb === "create" || verb === "deletecollection";
  if (endpoint.info.namespaced && namespace === undefined && needsNamespace) {
    if (name !== undefined) return undefined;
    throw methodNotAllowed();
  }
  if (verb === "create" && name !== undefined) throw methodNotAllowed();
  if ((verb === "update" || verb === "patch") && name === undefined) throw methodNotAllowed();
  return { endpoint, handler: verbs[verb] };
}

/** The old way to bind a pod is answered as the one of today is. */
function bindingsRoute(
  verb: Verb,
  find: (group: string, version: string, plural: string) => Endpoint | undefined,
): Route {
  const pods = find("", "v1", "pods");
  if (pods === undefined) return undefined;
  if (verb !== "create") throw methodNotAllowed();
  return { endpoint: pods, handler: bindPod };
}

function subresourceHandler(
  { verb, subresource = "" }: ResourceRequest,
  { info, subresources: known }: Endpoint,
): Handler {
  const [name = ""] = subresource.split("/");
  if (!known.has(name)) {
    throw resourceNotFound();
  }
  const handlers = subresources[`${info.group}/${info.plural}/${name}`] ?? subresources[name];
  if (handlers === undefined) throw notImplemented(`${info.plural}/${name}`);
  const handler = handlers[verb];
  if (handler === undefined) throw methodNotAllowed();
  return handler;
}

/** For a resource that a group does not have; a group that is not there is no page at all. */
export function resourceNotFound(): ApiError {
  return new ApiError(
    failure(404, "NotFound", "the server could not find the requested resource", {}),
  );
}

function notImplemented(what: string): ApiError {
  const message = `${what} is not implemented by this server`;
  return new ApiError(failure(501, "Unknown", message));
}
