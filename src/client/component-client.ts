import { assert } from "../base/assert.ts";
import { parseGoDuration } from "../base/duration.ts";
import type { Env } from "../base/env.ts";
import { type ClientOptions, createClient } from "./api-client.ts";
import type { Client } from "./client.ts";
import type { ComponentAccess } from "./component-access.ts";
import { withRetryAfter } from "./retry.ts";

export type ComponentClientOptions = Omit<ClientOptions, "transport" | "user"> & {
  readonly access: ComponentAccess;
};

/**
 * A client that asks as a component's client of client-go does: it repeats what the server asks to
 * repeat and GETs whose connection broke, each try takes a token of `limiter`, and `requestTimeout`
 * also ends a request here, with a `TransportError` of reason `timeout`.
 */
export function createComponentClient(
  options: ComponentClientOptions,
  env: Pick<Env, "clock">,
): Client {
  const { access, limiter, ...rest } = options;
  const { requestTimeout } = rest;
  const timeoutMs = requestTimeout === undefined ? undefined : parseGoDuration(requestTimeout);
  assert(
    requestTimeout === undefined || (timeoutMs !== undefined && timeoutMs > 0),
    `requestTimeout: expected a Go duration, found "${requestTimeout}"`,
  );
  const retries = {
    ...(limiter === undefined ? {} : { limiter }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const transport = withRetryAfter(access.transport, retries, env);
  const user = access.user === undefined ? {} : { user: access.user };
  return createClient({ ...rest, ...user, transport });
}
