import type { JsonObject } from "../k8s/json.ts";
import { ApiError, badRequest } from "../k8s/status.ts";
import type { ApiResponse, WatchEvent, WatchSink } from "../k8s/transport.ts";
import type { Representation } from "./negotiation.ts";
import type { ObjectList, Outcome, RequestContext } from "./request-context.ts";

type IncludeObject = "None" | "Metadata" | "Object";

/** An outcome in the form that was negotiated. */
export function represent(
  context: RequestContext,
  outcome: Outcome,
  form: Representation,
): ApiResponse {
  const headers = { "content-type": `application/${form.encoding}` };
  switch (outcome.kind) {
    case "object": {
      const { code, object } = outcome;
      const isStatus = object["kind"] === "Status";
      const value = isStatus ? object : objectAs(context, object, form, true);
      return { status: code, headers, body: { kind: "object", value } };
    }
    case "list":
      return {
        status: 200,
        headers,
        body: { kind: "object", value: listAs(context, outcome.list, form) },
      };
    case "watch": {
      const { open } = outcome;
      return {
        status: 200,
        headers,
        body: {
          kind: "watch",
          open: form.as === "object" ? open : (sink) => open(convertingSink(context, form, sink)),
        },
      };
    }
  }
}

function objectAs(
  context: RequestContext,
  object: JsonObject,
  { as }: Representation,
  withColumns: boolean,
): JsonObject {
  if (as === "PartialObjectMetadata") return partial(object);
  if (as === "object") return object;
  const metadata = { resourceVersion: metadataOf(object)["resourceVersion"] };
  return table(context, metadata, [object], withColumns);
}

function listAs(context: RequestContext, list: ObjectList, { as }: Representation): JsonObject {
  if (as === "object") return list;
  if (as === "Table") return table(context, list.metadata, list.items, true);
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata: list.metadata,
    items: list.items.map(partial),
  };
}

/** A watch in another form. In a watch of tables, only the first has columns. */
function convertingSink(context: RequestContext, form: Representation, sink: WatchSink): WatchSink {
  let isFirst = true;
  const convert = ({ type, object }: WatchEvent): WatchEvent => {
    if (type === "ERROR") return { type, object };
    if (type === "BOOKMARK" && form.as === "Table") {
      return { type, object: table(context, metadataOf(object), [], false) };
    }
    const converted = objectAs(context, object, form, isFirst);
    isFirst = false;
    return { type, object: converted };
  };
  return {
    events: (batch) => sink.events(batch.map(convert)),
    closed: (error) => sink.closed(error),
  };
}

function table(
  context: RequestContext,
  metadata: JsonObject,
  items: readonly JsonObject[],
  withColumns: boolean,
): JsonObject {
  const { printer } = context.endpoint;
  const include = includeObjectOf(context.query["includeObject"]);
  const nowMs = context.server.env.clock.nowMs();
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: withColumns ? printer.columns.map((column) => ({ ...column })) : [],
    rows: items.map((item) => ({
      cells: printer.cells(item, nowMs),
      object: include === "None" ? null : include === "Object" ? item : partial(item),
    })),
  };
}

function partial(object: JsonObject): JsonObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: metadataOf(object),
  };
}

function metadataOf(object: JsonObject): JsonObject {
  return (object["metadata"] ?? {}) as JsonObject;
}

function includeObjectOf(text: string | undefined): IncludeObject {
  if (text === undefined || text === "") return "Metadata";
  if (text === "None" || text === "Metadata" || text === "Object") return text;
  throw new ApiError(
    badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: ` +
        "must be 'Metadata', 'Object', 'None', or empty",
    ),
  );
}
