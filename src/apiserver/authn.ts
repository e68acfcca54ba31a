import { ApiError, failure } from "../k8s/status.ts";
import type { ApiRequest, UserInfo } from "../k8s/transport.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";

export interface AuthenticatorOptions {
  /** Users by the bearer token that they present. */
  readonly tokens?: Readonly<Record<string, UserInfo>>;
  /** Asked for every token that is not in the list. */
  readonly serviceAccounts: Pick<ServiceAccountTokens, "userOf">;
}

/** Finds out who sends a request. */
export interface Authenticator {
  /** @throws ApiError 401 for nobody known. */
  authenticate(request: ApiRequest): UserInfo;
  userOfToken(token: string): UserInfo | undefined;
}

/** Every user who is known is in this group as well (`apiserver/pkg/authentication/group`). */
const authenticatedGroup = "system:authenticated";

/**
 * Trusts `request.user`, which comes from within the process or from a client certificate, and
 * knows bearer tokens from a fixed list and those of service accounts. A user may act as another by the `Impersonate-` headers:
 * nothing is forbidden to anybody here, so neither is that.
 */
export function createAuthenticator({
  tokens = {},
  serviceAccounts,
}: AuthenticatorOptions): Authenticator {
  const users = new Map(Object.entries(tokens));
  const userOfToken = (token: string): UserInfo | undefined =>
    users.get(token) ?? serviceAccounts.userOf(token);
  return {
    userOfToken,
    authenticate: (request) => {
      const user = request.user ?? userOfToken(bearerToken(request) ?? "");
      if (user === undefined) throw new ApiError(failure(401, "Unauthorized", "Unauthorized"));
      return impersonated(request) ?? withGroup(user);
    },
  };
}

function bearerToken({ headers }: ApiRequest): string | undefined {
  const match = /^bearer\s+(\S+)$/i.exec(headers?.["authorization"] ?? "");
  return match?.[1];
}

function impersonated({ headers }: ApiRequest): UserInfo | undefined {
  const name = headers?.["impersonate-user"];
  if (name === undefined || name === "") return undefined;
  // Node joins the values of a header that comes more than once by a comma and a space.
  const groups = headers?.["impersonate-group"]?.split(", ") ?? [];
  return withGroup({ name, groups });
}

function withGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(authenticatedGroup)) return user;
  return { name: user.name, groups: [...user.groups, authenticatedGroup] };
}
