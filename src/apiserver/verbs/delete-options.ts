import { isJsonObject, type JsonObject } from "../../k8s/json.ts";
import { ApiError, badRequest, invalid } from "../../k8s/status.ts";
import { decodeObject, hasBody } from "../decode-body.ts";
import type { RequestContext } from "../request-context.ts";
import { isDryRun, wholeNumberOf } from "./write-options.ts";

/** How an object is to be deleted (`meta/v1` DeleteOptions). */
export interface DeleteOptions {
  /** As asked; negative counts as 1. */
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: "Background" | "Foreground" | "Orphan" | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun: boolean;
}

/**
 * Reads the body, or without one the query.
 *
 * @throws ApiError 400 or 422
 */
export function parseDeleteOptions({ request, query }: RequestContext): DeleteOptions {
  if (!hasBody(request)) return optionsOf(fromQuery(query));
  const { value } = decodeObject(request, "DeleteOptions");
  if (value["kind"] !== undefined && value["kind"] !== "DeleteOptions") {
    throw new ApiError(badRequest(`${String(value["kind"])} cannot be handled as a DeleteOptions`));
  }
  return optionsOf(value);
}

function fromQuery(query: Readonly<Record<string, string>>): JsonObject {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, dryRun } = query;
  return {
    ...(gracePeriodSeconds === undefined
      ? {}
      : { gracePeriodSeconds: wholeNumberOf(gracePeriodSeconds, "gracePeriodSeconds") }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(orphanDependents === undefined ? {} : { orphanDependents: orphanDependents === "true" }),
    ...(dryRun === undefined ? {} : { dryRun: [dryRun] }),
  };
}

/** What a DeleteOptions object says; also that of an Eviction. */
export function optionsOf(value: JsonObject): DeleteOptions {
  const { gracePeriodSeconds, preconditions, dryRun } = value;
  const asked = isJsonObject(preconditions) ? preconditions : {};
  return {
    gracePeriodSeconds: typeof gracePeriodSeconds === "number" ? gracePeriodSeconds : undefined,
    propagation: propagationOf(value),
    preconditions: {
      ...(typeof asked["uid"] === "string" ? { uid: asked["uid"] } : {}),
      ...(typeof asked["resourceVersion"] === "string"
        ? { resourceVersion: asked["resourceVersion"] }
        : {}),
    },
    dryRun: Array.isArray(dryRun) && isDryRun(dryRun.map(String).join(","), "DeleteOptions"),
  };
}

function propagationOf({
  propagationPolicy: policy,
  orphanDependents,
}: JsonObject): DeleteOptions["propagation"] {
  const hasPolicy = policy !== undefined && policy !== null;
  if (typeof orphanDependents === "boolean") {
    if (hasPolicy) {
      throw refused(
        "FieldValueInvalid",
        "propagationPolicy",
        `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
      );
    }
    return orphanDependents ? "Orphan" : "Background";
  }
  if (!hasPolicy) return undefined;
  if (policy === "Background" || policy === "Foreground" || policy === "Orphan") return policy;
  throw refused(
    "FieldValueNotSupported",
    "propagationPolicy",
    `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
  );
}

function refused(reason: string, field: string, message: string): ApiError {
  const cause = { reason, field, message };
  return new ApiError(invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", [cause]));
}
