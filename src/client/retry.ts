import type { Clock } from "../base/clock.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { onAbort } from "../base/on-abort.ts";
import {
  type ApiRequest,
  type ApiResponse,
  type Transport,
  TransportError,
} from "../k8s/transport.ts";
import type { TokenBucket } from "./flow-control.ts";
import { retryAfterSeconds } from "./response-status.ts";

export interface RetryOptions {
  /** How often a request is sent again. Default 10, as in client-go. */
  readonly retriesMax?: number;
  /** Each try takes a token, but the first one of a watch. Default: no limit. */
  readonly limiter?: TokenBucket;
  /** How long a request, but a watch, may take with all its tries, in milliseconds. Default: for ever. */
  readonly timeoutMs?: number;
}

/** The wait after a broken connection, in seconds: what client-go takes it for an answer to say. */
const brokenSeconds = 1;

/**
 * Sends requests as client-go does (`rest/request.go`): again when the server asks for it, by an
 * answer of 429 or of 5xx that says `Retry-After`, and again a GET whose connection broke. Other
 * answers and failures pass.
 */
export function withRetryAfter(
  next: Transport,
  options: RetryOptions,
  { clock }: Pick<Env, "clock">,
): Transport {
  const { retriesMax = 10, limiter, timeoutMs } = options;

  async function sendTries(request: ApiRequest): Promise<ApiResponse> {
    for (let retries = 0; ; retries += 1) {
      const isLast = retries === retriesMax;
      let waitSeconds: number;
      try {
        const response = await next(request);
        const asked = isLast ? undefined : secondsAsked(response);
        if (asked === undefined) return response;
        waitSeconds = asked;
      } catch (error) {
        if (isLast || request.method !== "GET" || !isBroken(error)) throw error;
        waitSeconds = brokenSeconds;
      }
      await sleep(clock, waitSeconds * 1_000, request.signal);
      await limiter?.take(request.signal);
    }
  }

  return async (request) => {
    if (request.query?.["watch"] === "true") return sendTries(request);
    // Before the time begins: who is throttled shall not run out of it before the first try.
    if (limiter !== undefined) await limiter.take(request.signal);
    if (timeoutMs === undefined) return sendTries(request);
    const deadline = new Deadline(request, timeoutMs, clock);
    try {
      return await sendTries({ ...request, signal: deadline.signal });
    } finally {
      deadline.end();
    }
  };
}

/** How long the server asks to wait before the request comes again, in seconds, if it does. */
function secondsAsked(response: ApiResponse): number | undefined {
  return response.status === 429 || response.status >= 500
    ? retryAfterSeconds(response)
    : undefined;
}

function isBroken(error: unknown): boolean {
  return error instanceof TransportError && error.reason === "connection-lost";
}

/** The signal of a request that has a time limit. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: { cancel(): void };
  readonly #unlisten: () => void;

  constructor({ method, path, signal }: ApiRequest, timeoutMs: number, clock: Clock) {
    this.#timer = clock.schedule(timeoutMs, () => {
      const text = `${method} ${path}: no answer after ${timeoutMs / 1_000} s`;
      this.#controller.abort(new TransportError("timeout", text));
    });
    this.#unlisten = onAbort(signal, () => this.#controller.abort(signal?.reason));
    if (signal?.aborted) this.#controller.abort(signal.reason);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    this.#timer.cancel();
    this.#unlisten();
  }
}
