import type { JsonObject } from "./json.ts";

/** The reasons a Status gives (apimachinery, `meta/v1/types.go`). */
export type StatusReason =
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Expired"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "Invalid"
  | "TooManyRequests"
  | "InternalError"
  | "ServiceUnavailable"
  | "Timeout"
  | "ServerTimeout"
  | "Unknown";

export type StatusCause = {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
};

export type StatusDetails = {
  readonly name?: string;
  readonly group?: string;
  /** The resource's plural, or for `Invalid` the kind. */
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
};

/** What an API server answers in place of an object. */
export type Status = {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: JsonObject;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code: number;
};

/**
 * An API server's refusal. Thrown by the client for an answer of 400 and above; thrown inside the
 * embedded server by whoever finds the fault, and made an answer at its edge.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: Status;
  constructor(status: Status, cause?: unknown) {
    super(status.message ?? `HTTP ${status.code}`, { cause });
    this.status = status;
  }
  get code(): number {
    return this.status.code;
  }
  get reason(): StatusReason {
    return this.status.reason ?? "Unknown";
  }
}

/** Whether `error` is a refusal for that reason. */
export function isApiError(error: unknown, reason: StatusReason): error is ApiError {
  return error instanceof ApiError && error.reason === reason;
}

/** A failure of any reason; the functions below are the common ones, worded as the API server does. */
export function failure(
  code: number,
  reason: StatusReason,
  message: string,
  details?: StatusDetails,
): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    // Unknown is what no reason means.
    ...(reason === "Unknown" ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** A type in messages: `pods`, `deployments.apps`. */
export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

function groupResourceText({ group, plural }: GroupResource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function detailsOf({ group, plural }: GroupResource, name: string): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: plural,
  };
}

export function badRequest(message: string): Status {
  return failure(400, "BadRequest", message);
}

export function notFound(of: GroupResource, name: string): Status {
  return failure(
    404,
    "NotFound",
    `${groupResourceText(of)} "${name}" not found`,
    detailsOf(of, name),
  );
}

export function alreadyExists(of: GroupResource, name: string): Status {
  const message = `${groupResourceText(of)} "${name}" already exists`;
  return failure(409, "AlreadyExists", message, detailsOf(of, name));
}

/** By default for a stale resource version. */
export function conflict(
  of: GroupResource,
  name: string,
  why = "the object has been modified; please apply your changes to the latest version and try again",
): Status {
  const message = `Operation cannot be fulfilled on ${groupResourceText(of)} "${name}": ${why}`;
  return failure(409, "Conflict", message, detailsOf(of, name));
}

export function forbidden(of: GroupResource, name: string, why: string): Status {
  const subject = name === "" ? groupResourceText(of) : `${groupResourceText(of)} "${name}"`;
  return failure(403, "Forbidden", `${subject} is forbidden: ${why}`, detailsOf(of, name));
}

/** `causes` each with a field, a reason such as `FieldValueRequired`, and a message. */
export function invalid(
  of: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): Status {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return failure(
    422,
    "Invalid",
    `${of.kind}${of.group === "" ? "" : `.${of.group}`} "${name}" is invalid: ${list}`,
    {
      ...(name === "" ? {} : { name }),
      ...(of.group === "" ? {} : { group: of.group }),
      kind: of.kind,
      causes,
    },
  );
}

/** The history does not go back to the version asked for: list again. */
export function expired(asked: string, oldest: string): Status {
  return failure(410, "Expired", `too old resource version: ${asked} (${oldest})`);
}
