import { ApiError, expired } from "../../k8s/status.ts";
import type { ObjectList, Outcome, RequestContext } from "../request-context.ts";
import type { Page } from "../store/collection.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { continueExpired, decodeContinue, encodeContinue } from "./continue-token.ts";
import { checkNotInFuture, type ListQuery, parseListQuery } from "./list-options.ts";
import { hasSelectors, selectionOf } from "./selectors.ts";

export function listVerb(context: RequestContext): Outcome {
  const query = parseListQuery(context.query, false);
  const { revision, page } = readPage(context, query);
  const metadata = {
    resourceVersion: String(revision),
    ...(page.next === undefined
      ? {}
      : { continue: encodeContinue({ revision, after: page.next }) }),
    ...(page.next === undefined || hasSelectors(context)
      ? {}
      : { remainingItemCount: page.remaining }),
  };
  return { kind: "list", list: listOf(context, metadata, page.objects) };
}

/** A list of the endpoint's kind, in the endpoint's version. */
export function listOf(
  { endpoint }: RequestContext,
  metadata: ObjectList["metadata"],
  objects: readonly StoredObject[],
): ObjectList {
  const { conversion } = endpoint;
  return {
    kind: `${endpoint.info.kind}List`,
    apiVersion: endpoint.apiVersion,
    metadata,
    items: conversion === undefined ? objects : objects.map((item) => conversion.fromStored(item)),
  };
}

/**
 * The page asked for, and the revision it shows. All reads here are current, so every resource
 * version that a client may ask for is served by the current state, but for an exact one.
 */
function readPage(
  context: RequestContext,
  query: ListQuery,
): { readonly revision: number; readonly page: Page } {
  const { endpoint, server } = context;
  const { collection } = endpoint;
  const current = server.store.revision;
  const request = {
    selection: selectionOf(context),
    ...(query.limit > 0 ? { limit: query.limit } : {}),
  };
  if (query.continue !== "") {
    const { revision, after } = decodeContinue(query.continue);
    if (revision < 0) return { revision: current, page: collection.page({ ...request, after }) };
    checkNotInFuture(revision, current);
    if (revision < collection.compacted) throw continueExpired(after);
    return { revision, page: collection.page({ ...request, after, revision }) };
  }
  checkNotInFuture(query.revision, current);
  // A limit with a version and no match is the legacy form of an exact list.
  const isLegacyExact = query.match === "" && query.limit > 0 && (query.revision ?? 0) > 0;
  if (query.revision !== undefined && (query.match === "Exact" || isLegacyExact)) {
    const { revision } = query;
    if (revision < collection.compacted) {
      throw new ApiError(expired(String(revision), String(collection.compacted)));
    }
    return { revision, page: collection.page({ ...request, revision }) };
  }
  return { revision: current, page: collection.page(request) };
}
