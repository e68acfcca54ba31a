import type {
  DeleteOptions,
  GetOptions,
  ListOptions,
  WatchOptions,
  WriteOptions,
} from "./client.ts";

type Query = Record<string, string>;

/** What all requests of a client have in their query: `timeout`, or nothing. */
export type FixedQuery = Readonly<Query> | undefined;

/** Parameters stand in the order of their names, as Go sends them. */
export function getQuery(options: GetOptions | undefined, fixed: FixedQuery): FixedQuery {
  const { resourceVersion } = options ?? {};
  return resourceVersion === undefined ? fixed : { resourceVersion, ...fixed };
}

export function listQuery(options: ListOptions, fixed: FixedQuery): Query {
  const query: Query = {};
  if (options.continue !== undefined) query["continue"] = options.continue;
  addSelectors(query, options);
  if (options.limit !== undefined) query["limit"] = String(options.limit);
  addVersion(query, options);
  return { ...query, ...fixed, ...timeoutOf(options) };
}

export function watchQuery(options: WatchOptions, fixed: FixedQuery): Query {
  const query: Query = {};
  if (options.allowWatchBookmarks === true) query["allowWatchBookmarks"] = "true";
  addSelectors(query, options);
  addVersion(query, options);
  if (options.sendInitialEvents === true) query["sendInitialEvents"] = "true";
  const timeoutSeconds =
    options.timeoutSeconds === undefined ? {} : { timeoutSeconds: String(options.timeoutSeconds) };
  return { ...query, ...fixed, ...timeoutOf(options), ...timeoutSeconds, watch: "true" };
}

export function writeQuery(options: WriteOptions | undefined, fixed: FixedQuery): FixedQuery {
  if (options === undefined) return fixed;
  const query: Query = {};
  if (options.dryRun !== undefined) query["dryRun"] = options.dryRun;
  if (options.fieldManager !== undefined) query["fieldManager"] = options.fieldManager;
  if (options.force === true) query["force"] = "true";
  return { ...query, ...fixed };
}

/** The body of a DELETE; undefined where there is nothing to say. */
export function deleteOptionsBody(options: DeleteOptions): object | undefined {
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options;
  const members = { gracePeriodSeconds, propagationPolicy, preconditions };
  if (Object.values(members).every((member) => member === undefined)) return undefined;
  return { kind: "DeleteOptions", apiVersion: "v1", ...members };
}

function addSelectors(query: Query, options: ListOptions | WatchOptions): void {
  if (options.fieldSelector !== undefined) query["fieldSelector"] = options.fieldSelector;
  if (options.labelSelector !== undefined) query["labelSelector"] = options.labelSelector;
}

function addVersion(query: Query, options: ListOptions | WatchOptions): void {
  if (options.resourceVersion !== undefined) query["resourceVersion"] = options.resourceVersion;
  if (options.resourceVersionMatch !== undefined) {
    query["resourceVersionMatch"] = options.resourceVersionMatch;
  }
}

function timeoutOf({ timeout }: ListOptions | WatchOptions): Query {
  return timeout === undefined ? {} : { timeout };
}
