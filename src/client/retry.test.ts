import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import type { ApiResponse } from "../k8s/transport.ts";
import { withRetryAfter } from "./retry.ts";

function answer(status: number, retryAfter?: string): ApiResponse {
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { "retry-after": retryAfter };
  return { status, headers, body: { kind: "none" } };
}

async function send(answers: readonly ApiResponse[], advanceMs: number) {
  const env = createTestEnv();
  let sent = 0;
  const transport = withRetryAfter(
    async () => {
      sent += 1;
      return answers[Math.min(sent, answers.length) - 1] ?? answer(500);
    },
    {},
    env,
  );
  let status: number | undefined;
  void transport({ method: "GET", path: "/" }).then((response) => {
    status = response.status;
  });
  await env.clock.advance(advanceMs);
  return { sent, status };
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
    status: undefined,
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
  expect(await send(answers, ms)).toEqual({ sent, status });
});
