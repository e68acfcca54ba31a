import type { Outcome, RequestContext } from "../request-context.ts";
import { deleteObject } from "./delete.ts";
import { parseDeleteOptions } from "./delete-options.ts";
import { listOf } from "./list.ts";
import { parseListQuery } from "./list-options.ts";
import { selectionOf } from "./selectors.ts";

/** Deletes all that is selected, one by one, and answers with what it was. */
export function deleteCollectionVerb(context: RequestContext): Outcome {
  const options = parseDeleteOptions(context);
  const { limit } = parseListQuery(context.query, false);
  const { endpoint, server } = context;
  const { objects } = endpoint.collection.page({
    selection: selectionOf(context),
    ...(limit > 0 ? { limit } : {}),
  });
  const { revision } = server.store;
  for (const object of objects) deleteObject(context, object, options);
  return { kind: "list", list: listOf(context, { resourceVersion: String(revision) }, objects) };
}
