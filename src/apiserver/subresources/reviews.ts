import { toTime } from "../../base/rfc3339.ts";
import type { JsonObject } from "../../k8s/json.ts";
import { objectAt, stringAt } from "../../k8s/json-fields.ts";
import type { UserInfo } from "../../k8s/transport.ts";
import { decodeObject } from "../decode-body.ts";
import type { Outcome, RequestContext } from "../request-context.ts";

type Review = (object: JsonObject, context: RequestContext) => JsonObject;

/** Questions that are answered and not stored. Everybody who is known may do everything here. */
const reviews: Readonly<Record<string, Review>> = {
  "authentication.k8s.io/selfsubjectreviews": (_, { user }) => ({ userInfo: userInfo(user) }),
  "authentication.k8s.io/tokenreviews": (object, context) => tokenReview(object, context),
  "authorization.k8s.io/localsubjectaccessreviews": () => ({ allowed: true }),
  "authorization.k8s.io/selfsubjectaccessreviews": () => ({ allowed: true }),
  "authorization.k8s.io/selfsubjectrulesreviews": () => ({
    resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
    nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
    incomplete: false,
  }),
  "authorization.k8s.io/subjectaccessreviews": () => ({ allowed: true }),
};

export function isReview(group: string, plural: string): boolean {
  return `${group}/${plural}` in reviews;
}

export function answerReview(context: RequestContext): Outcome {
  const { info, apiVersion } = context.endpoint;
  const { value } = decodeObject(context.request, info.kind);
  const review = reviews[`${info.group}/${info.plural}`];
  const now = toTime(context.server.env.clock.nowMs());
  const isSelfReview = info.plural === "selfsubjectreviews";
  const object: JsonObject = {
    ...(value as JsonObject),
    kind: info.kind,
    apiVersion,
    metadata: {
      ...objectAt(value, "metadata"),
      ...(isSelfReview ? { creationTimestamp: now } : {}),
    },
    status: review?.(value, context) ?? {},
  };
  return { kind: "object", code: 201, object };
}

function userInfo({ name, groups }: UserInfo): JsonObject {
  return { username: name, groups };
}

function tokenReview(object: JsonObject, { server }: RequestContext): JsonObject {
  const user = server.userOfToken(stringAt(objectAt(object, "spec"), "token"));
  if (user === undefined) return { user: {}, error: "invalid bearer token" };
  return { authenticated: true, user: userInfo(user) };
}
