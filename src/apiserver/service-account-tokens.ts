import { sign, verify } from "node:crypto";
import type { Env } from "../base/env.ts";
import { isJsonObject, type JsonObject } from "../k8s/json.ts";
import { numberAt, objectAt, stringAt, stringsAt } from "../k8s/json-fields.ts";
import { objectKey } from "../k8s/object-key.ts";
import type { UserInfo } from "../k8s/transport.ts";
import { generateKeys } from "./certificates/x509.ts";
import type { Collection } from "./store/collection.ts";
import type { StoredObject } from "./store/stored-object.ts";

export interface TokenClaims {
  readonly audiences: readonly string[];
  readonly expiresAtMs: number;
}

/** Bearer tokens of service accounts, as a TokenRequest gives them. */
export interface ServiceAccountTokens {
  /** A signed token (JWT, ES256) of that account. */
  issue(account: StoredObject, claims: TokenClaims): string;
  /** Whose token that is; undefined if it is not ours, has expired, or its account has gone. */
  userOf(token: string): UserInfo | undefined;
}

/** The issuer and the audience of a cluster's tokens (`--service-account-issuer`). */
export const tokenIssuer = "https://kubernetes.default.svc.cluster.local";

const header = encode({ alg: "ES256", typ: "JWT" });
/** The form of signatures that JSON Web Tokens have. */
const dsaEncoding = "ieee-p1363";

/** The key lives as long as the server: its tokens are worth nothing to another. */
export function createServiceAccountTokens(
  accounts: Collection | undefined,
  { clock, random }: Pick<Env, "clock" | "random">,
): ServiceAccountTokens {
  const { privateKey, publicKey } = generateKeys();
  return {
    issue: ({ metadata }, { audiences, expiresAtMs }) => {
      const nowS = Math.floor(clock.nowMs() / 1_000);
      const namespace = metadata.namespace ?? "";
      const claims = encode({
        aud: audiences,
        exp: Math.floor(expiresAtMs / 1_000),
        iat: nowS,
        nbf: nowS,
        iss: tokenIssuer,
        jti: random.uuid(),
        "kubernetes.io": { namespace, serviceaccount: { name: metadata.name, uid: metadata.uid } },
        sub: `system:serviceaccount:${namespace}:${metadata.name}`,
      });
      const content = `${header}.${claims}`;
      const signature = sign("sha256", Buffer.from(content), { key: privateKey, dsaEncoding });
      return `${content}.${signature.toString("base64url")}`;
    },
    userOf: (token) => {
      const [first, second, third, ...others] = token.split(".");
      if (first !== header || second === undefined || third === undefined) return undefined;
      const signature = Buffer.from(third, "base64url");
      const content = Buffer.from(`${first}.${second}`);
      const isOurs = verify("sha256", content, { key: publicKey, dsaEncoding }, signature);
      if (!isOurs || others.length > 0) return undefined;
      return userOfClaims(decode(second), accounts, clock.nowMs());
    },
  };
}

function userOfClaims(
  claims: JsonObject,
  accounts: Collection | undefined,
  nowMs: number,
): UserInfo | undefined {
  const expiresAtMs = (numberAt(claims, "exp") ?? 0) * 1_000;
  if (nowMs >= expiresAtMs || !stringsAt(claims, "aud").includes(tokenIssuer)) return undefined;
  const bound = objectAt(claims, "kubernetes.io");
  const namespace = stringAt(bound, "namespace");
  const { name, uid } = objectAt(bound, "serviceaccount");
  const account = accounts?.get(objectKey({ namespace, name: String(name) }));
  if (account === undefined || account.metadata.uid !== uid) return undefined;
  return {
    name: stringAt(claims, "sub"),
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Of what was signed here, so it is what was encoded here. */
function decode(text: string): JsonObject {
  const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  return isJsonObject(value) ? value : {};
}
