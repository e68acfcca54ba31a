import { isJsonObject } from "../../k8s/json.ts";
import { ApiError, badRequest, failure } from "../../k8s/status.ts";

/** Where a paged list goes on, as `apiserver/pkg/storage/continue.go` writes it. */
export interface ContinueToken {
  /** The revision that all pages show; -1 to go on with whatever is there now. */
  readonly revision: number;
  /** The last key of the page before. */
  readonly after: string;
}

const tokenVersion = "meta.k8s.io/v1";

export function encodeContinue({ revision, after }: ContinueToken): string {
  const token = { v: tokenVersion, rv: revision, start: `${after}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** @throws ApiError 400 for a token that this server did not give. */
export function decodeContinue(text: string): ContinueToken {
  const token = parseToken(text);
  if (!isJsonObject(token) || token["v"] !== tokenVersion) {
    throw invalidToken("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  const { rv, start } = token;
  if (typeof rv !== "number" || typeof start !== "string" || !start.endsWith("\u0000")) {
    throw invalidToken("continue key is not valid: no start key or revision");
  }
  return { revision: rv, after: start.slice(0, -1) };
}

/** 410 with a token that goes on with the current state, which the client may accept or not. */
export function continueExpired(after: string): ApiError {
  const message =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. " +
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or " +
    "deleted between the time the first chunk was returned and now may show up in the list.";
  return new ApiError({
    ...failure(410, "Expired", message),
    metadata: { continue: encodeContinue({ revision: -1, after }) },
  });
}

function parseToken(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (cause) {
    throw new ApiError(
      badRequest(`invalid continue token: continue key is not valid: ${String(cause)}`),
      cause,
    );
  }
}

function invalidToken(message: string): ApiError {
  return new ApiError(badRequest(`invalid continue token: ${message}`));
}
