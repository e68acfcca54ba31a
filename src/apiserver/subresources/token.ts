import { toTime } from "../../base/rfc3339.ts";
import { numberAt, objectAt, stringsAt } from "../../k8s/json-fields.ts";
import { ApiError, invalid } from "../../k8s/status.ts";
import { decodeObject } from "../decode-body.ts";
import { invalidValue } from "../registry/causes.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import { tokenIssuer } from "../service-account-tokens.ts";
import { namedObject } from "../verbs/get.ts";

const defaultSeconds = 3_600;
const minSeconds = 600;

/** Answers a TokenRequest: `pkg/registry/core/serviceaccount/storage/token.go`. */
export function requestToken(context: RequestContext): Outcome {
  const { request, server } = context;
  const { value } = decodeObject(request, "TokenRequest");
  const spec = objectAt(value, "spec");
  const expirationSeconds = numberAt(spec, "expirationSeconds") ?? defaultSeconds;
  const account = namedObject(context);
  const { name, namespace = "" } = account.metadata;
  if (expirationSeconds < minSeconds) {
    const detail = "may not specify a duration less than 10 minutes";
    const cause = invalidValue("spec.expirationSeconds", expirationSeconds, detail);
    throw new ApiError(
      invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", [cause]),
    );
  }
  const asked = stringsAt(spec, "audiences");
  const audiences = asked.length === 0 ? [tokenIssuer] : asked;
  const nowMs = server.env.clock.nowMs();
  const expiresAtMs = nowMs + expirationSeconds * 1_000;
  const token = server.tokens.issue(account, { audiences, expiresAtMs });
  const object = {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace, creationTimestamp: toTime(nowMs) },
    spec: { ...spec, audiences, expirationSeconds },
    status: { token, expirationTimestamp: toTime(expiresAtMs) },
  };
  return { kind: "object", code: 201, object };
}
