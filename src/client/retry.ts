import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { Transport } from "../k8s/transport.ts";
import { retryAfterSeconds } from "./response-status.ts";

export interface RetryOptions {
  /** How often a request is sent again. Default 10, as in client-go. */
  readonly retriesMax?: number;
}

/**
 * Sends a request again when the server asks for it: an answer of 429 or of 5xx that says
 * `Retry-After`, as client-go does (`rest/request.go`). Other answers and failures pass.
 */
export function withRetryAfter(
  next: Transport,
  { retriesMax = 10 }: RetryOptions,
  { clock }: Pick<Env, "clock">,
): Transport {
  return async (request) => {
    for (let retries = 0; ; retries += 1) {
      const response = await next(request);
      if (response.status !== 429 && response.status < 500) return response;
      const seconds = retryAfterSeconds(response);
      if (seconds === undefined || retries === retriesMax) return response;
      await sleep(clock, seconds * 1_000, request.signal);
    }
  };
}
