import { ApiError, badRequest, failure, invalid, type StatusCause } from "../../k8s/status.ts";
import { isTrue } from "../request-info.ts";

/** The query of a list or watch, read and checked. */
export interface ListQuery {
  /** 0 when there is no limit. */
  readonly limit: number;
  readonly continue: string;
  /** Undefined when none was given; 0 stands for "any". */
  readonly revision: number | undefined;
  readonly match: "" | "Exact" | "NotOlderThan";
  readonly sendInitialEvents: boolean;
  readonly allowBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

/**
 * Reads and checks the query as `apimachinery/pkg/apis/meta/internalversion/validation` does.
 *
 * @throws ApiError 400 for what is no number, 422 for what must not stand together.
 */
export function parseListQuery(
  query: Readonly<Record<string, string>>,
  isWatch: boolean,
): ListQuery {
  const causes = isWatch ? watchFaults(query) : listFaults(query);
  if (causes.length > 0) {
    throw new ApiError(invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", causes));
  }
  const match = query["resourceVersionMatch"] ?? "";
  return {
    limit: numberOf(query, "limit") ?? 0,
    continue: query["continue"] ?? "",
    revision: revisionOf(query["resourceVersion"]),
    match: match === "Exact" || match === "NotOlderThan" ? match : "",
    sendInitialEvents: isTrue(query["sendInitialEvents"]),
    allowBookmarks: isTrue(query["allowWatchBookmarks"]),
    timeoutSeconds: numberOf(query, "timeoutSeconds"),
  };
}

/** @throws ApiError 504: the client has seen a later state than this server's. */
export function checkNotInFuture(revision: number | undefined, current: number): void {
  if (revision === undefined || revision <= current) return;
  const message = `Timeout: Too large resource version: ${revision}, current: ${current}`;
  throw new ApiError(
    failure(504, "Timeout", message, {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    }),
  );
}

function listFaults(query: Readonly<Record<string, string>>): readonly StatusCause[] {
  const faults: StatusCause[] = [];
  const { resourceVersion = "", resourceVersionMatch: match = "" } = query;
  if (match !== "") {
    if (resourceVersion === "") {
      faults.push(
        forbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided"),
      );
    }
    if ((query["continue"] ?? "") !== "") {
      faults.push(forbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
    }
    if (match !== "Exact" && match !== "NotOlderThan") faults.push(unsupportedMatch(match));
    if (match === "Exact" && resourceVersion === "0") {
      faults.push(
        forbiddenMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
      );
    }
  }
  if (query["sendInitialEvents"] !== undefined) {
    faults.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return faults;
}

function watchFaults(query: Readonly<Record<string, string>>): readonly StatusCause[] {
  const { resourceVersionMatch: match = "", sendInitialEvents } = query;
  if (sendInitialEvents === undefined) {
    if (match === "") return [];
    return [
      forbiddenMatch(
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
      ),
    ];
  }
  if (match === "") {
    return [
      forbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
    ];
  }
  return match === "NotOlderThan" ? [] : [unsupportedMatch(match)];
}

function forbidden(field: string, message: string): StatusCause {
  return { reason: "FieldValueForbidden", field, message: `Forbidden: ${message}` };
}

function forbiddenMatch(message: string): StatusCause {
  return forbidden("resourceVersionMatch", message);
}

function unsupportedMatch(match: string): StatusCause {
  return {
    reason: "FieldValueNotSupported",
    field: "resourceVersionMatch",
    message: `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`,
  };
}

function revisionOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  const why = `strconv.ParseUint: parsing "${text}": invalid syntax`;
  throw new ApiError(
    badRequest(`invalid resource version: resourceVersion: Invalid value: "${text}": ${why}`),
  );
}

function numberOf(query: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = query[name];
  if (text === undefined || text === "") return undefined;
  if (/^-?\d{1,15}$/.test(text)) return Math.max(0, Number(text));
  throw new ApiError(
    badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`),
  );
}
