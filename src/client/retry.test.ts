import { describe, expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import {
  type ApiRequest,
  type ApiResponse,
  type HttpMethod,
  type Transport,
  TransportError,
} from "../k8s/transport.ts";
import { type RetryOptions, withRetryAfter } from "./retry.ts";

function answer(status: number, retryAfter?: string): ApiResponse {
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { "retry-after": retryAfter };
  return { status, headers, body: { kind: "none" } };
}

const lost = new TransportError("connection-lost", "the connection broke");
const refused = new TransportError("unreachable", "connection refused");

interface Sent {
  readonly sent: number;
  readonly status?: number;
  readonly error?: unknown;
}

/** What a request has come to after `advanceMs`; the last of `answers` is that of all further tries. */
async function send(
  answers: readonly (ApiResponse | Error)[],
  advanceMs: number,
  { request, options }: { readonly request?: Partial<ApiRequest>; options?: RetryOptions } = {},
): Promise<Sent> {
  const env = createTestEnv();
  let sent = 0;
  const next: Transport = async () => {
    sent += 1;
    const outcome = answers[Math.min(sent, answers.length) - 1] ?? answer(500);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const transport = withRetryAfter(next, options ?? {}, env);
  let settled: Pick<Sent, "status" | "error"> = {};
  transport({ method: "GET", path: "/", ...request }).then(
    ({ status }) => {
      settled = { status };
    },
    (error: unknown) => {
      settled = { error };
    },
  );
  await env.clock.advance(advanceMs);
  return { sent, ...settled };
}

test.each([
  {
    name: "too many requests",
    answers: [answer(429, "2"), answer(200)],
    ms: 2_000,
    sent: 2,
    status: 200,
  },
  {
    name: "not before the time",
    answers: [answer(429, "2"), answer(200)],
    ms: 1_999,
    sent: 1,
  },
  {
    name: "a server that is not ready",
    answers: [answer(503, "1"), answer(201)],
    ms: 1_000,
    sent: 2,
    status: 201,
  },
  {
    name: "no word of when",
    answers: [answer(429), answer(200)],
    ms: 60_000,
    sent: 1,
    status: 429,
  },
  {
    name: "another refusal",
    answers: [answer(409, "1"), answer(200)],
    ms: 60_000,
    sent: 1,
    status: 409,
  },
  { name: "ten times in vain", answers: [answer(503, "1")], ms: 60_000, sent: 11, status: 503 },
])("$name", async ({ answers, ms, sent, status }) => {
  expect(await send(answers, ms)).toEqual({ sent, ...(status === undefined ? {} : { status }) });
});

test.each<{ readonly name: string; readonly method?: HttpMethod; readonly error: Error } & Sent>([
  { name: "a GET is sent again after a second", error: lost, sent: 2, status: 200 },
  { name: "nothing else is", method: "PUT", error: lost, sent: 1 },
  { name: "nor where nobody listens", error: refused, sent: 1 },
])("a connection breaks: $name", async ({ method = "GET", error, sent, status }) => {
  const outcome = await send([error, answer(200)], 1_000, { request: { method } });
  expect(outcome).toEqual({ sent, ...(status === undefined ? { error } : { status }) });
});

test.each([
  { name: "a request", query: {}, tokens: 3 },
  { name: "a watch, but for its first try", query: { watch: "true" }, tokens: 2 },
])("each try takes a token: $name", async ({ query, tokens }) => {
  let taken = 0;
  const limiter = {
    take: async () => {
      taken += 1;
    },
    tryTake: () => true,
  };
  const answers = [answer(429, "1"), answer(503, "1"), answer(200)];
  const outcome = await send(answers, 5_000, { request: { query }, options: { limiter } });
  expect(outcome).toEqual({ sent: 3, status: 200 });
  expect(taken).toBe(tokens);
});

describe("a time limit", () => {
  const options = { timeoutMs: 10_000 };

  test("is for all tries together", async () => {
    const outcome = await send([answer(429, "4")], 10_000, { options });
    expect(outcome.sent).toBe(3);
    expect(outcome.error).toMatchObject({
      reason: "timeout",
      message: "GET /: no answer after 10 s",
    });
  });

  test("does not hold for a watch", async () => {
    const request = { query: { watch: "true" } };
    const outcome = await send([answer(429, "6"), answer(200)], 30_000, { request, options });
    expect(outcome).toEqual({ sent: 2, status: 200 });
  });

  test("reaches the transport, and the request's own signal still does", async () => {
    const env = createTestEnv();
    const reasons: unknown[] = [];
    const next: Transport = ({ signal }) =>
      new Promise((_, reject) => {
        if (signal?.aborted) reject(signal.reason);
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    const transport = withRetryAfter(next, options, env);
    const stop = new AbortController();
    const keep = (error: unknown): void => void reasons.push(error);
    transport({ method: "GET", path: "/a" }).catch(keep);
    transport({ method: "GET", path: "/b", signal: stop.signal }).catch(keep);
    const reason = new Error("stopped");
    stop.abort(reason);
    await env.clock.advance(10_000);
    await env.clock.advance(0); // What the time limit sets off.
    expect(reasons).toEqual([reason, expect.objectContaining({ reason: "timeout" })]);
  });
});
