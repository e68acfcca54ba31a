import { describe, expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { createClient } from "../client/index.ts";
import type { JsonObject } from "../k8s/json.ts";
import type { ApiRequest, ApiResponse } from "../k8s/transport.ts";
import type { PodStatus } from "../k8s/types/core.ts";
import { createStatusWriter } from "./status-writer.ts";

/** A server that answers when it is told to. */
function createServer() {
  const env = createTestEnv();
  const requests: ApiRequest[] = [];
  const answers: ((answer: number | Error) => void)[] = [];
  let version = 10;
  const transport = (request: ApiRequest): Promise<ApiResponse> =>
    new Promise((resolve, reject) => {
      requests.push(request);
      answers.push((answer) => {
        if (answer instanceof Error) return reject(answer);
        version += 1;
        const value: JsonObject = { metadata: { resourceVersion: String(version) } };
        resolve({ status: answer, headers: {}, body: { kind: "object", value } });
      });
      request.signal?.addEventListener("abort", () => reject(request.signal?.reason));
    });
  const writer = createStatusWriter({ client: createClient({ transport }), maxInFlight: 2 }, env);
  return {
    env,
    writer,
    requests,
    open: (name = "web") => writer.open({ namespace: "default", name, uid: "u" }, undefined),
    /** Answers the oldest request that waits, and lets what follows happen. */
    async answer(answer: number | Error, ms = 0) {
      answers.shift()?.(answer);
      await env.clock.advance(ms);
    },
    lines: () =>
      requests.map(({ method, path, body }) => {
        const value = body?.kind === "object" ? (body.value as JsonObject) : {};
        return `${method} ${path} ${JSON.stringify(value["status"] ?? value["preconditions"])}`;
      }),
  };
}

const status = (phase: NonNullable<PodStatus["phase"]>): PodStatus => ({ phase });
const statusPath = "/api/v1/namespaces/default/pods/web/status";

describe("the status of a pod", () => {
  test("has one request at a time, and only the latest one follows", async () => {
    const server = createServer();
    const channel = server.open();
    channel.write(status("Pending"));
    channel.write(status("Running"));
    channel.write(status("Succeeded"));
    expect(server.requests).toHaveLength(1);
    await server.answer(200);
    await server.answer(200);
    expect(server.lines()).toEqual([
      `PATCH ${statusPath} {"phase":"Pending"}`,
      `PATCH ${statusPath} {"phase":"Succeeded"}`,
    ]);
    expect(channel.idle).toBe(true);
    expect(channel.writtenVersion).toBe(12);
  });

  test("is written before the pod is deleted, with its UID as a precondition", async () => {
    const server = createServer();
    const channel = server.open();
    channel.write(status("Succeeded"));
    channel.remove();
    channel.remove();
    await server.answer(200);
    await server.answer(200);
    expect(server.lines()).toEqual([
      `PATCH ${statusPath} {"phase":"Succeeded"}`,
      `DELETE /api/v1/namespaces/default/pods/web {"uid":"u"}`,
    ]);
  });

  test.each([500, 503, 429, 409, 422, new Error("connection lost")])(
    "is sent again after %s, not at once and not late",
    async (failure) => {
      const server = createServer();
      const channel = server.open();
      channel.write(status("Running"));
      await server.answer(failure, 199);
      expect(server.requests).toHaveLength(1);
      await server.env.clock.advance(202);
      expect(server.requests).toHaveLength(2);
      await server.answer(200);
      expect(channel.idle).toBe(true);
    },
  );

  test("that nobody answers is given up and sent again", async () => {
    const server = createServer();
    server.open().write(status("Running"));
    await server.env.clock.advance(31_000);
    expect(server.requests).toHaveLength(2);
  });

  test("of a pod that is gone is not sent again", async () => {
    const server = createServer();
    const channel = server.open();
    channel.write(status("Running"));
    await server.answer(404, 60_000);
    channel.write(status("Succeeded"));
    channel.remove();
    expect(server.requests).toHaveLength(1);
  });

  test("is not deleted when another pod has its name", async () => {
    const server = createServer();
    server.open().remove();
    await server.answer(409, 60_000);
    expect(server.requests).toHaveLength(1);
  });

  test("that somebody else has changed is set right", async () => {
    const server = createServer();
    const channel = server.open();
    channel.write(status("Running"));
    await server.answer(200);
    channel.restate(status("Pending"), status("Running"));
    await server.answer(200);
    expect(server.lines()).toEqual(Array(2).fill(`PATCH ${statusPath} {"phase":"Running"}`));
  });
});

test("no more requests are under way than were allowed, and none is forgotten", async () => {
  const server = createServer();
  for (let index = 0; index < 7; index += 1) server.open(`p${index}`).write(status("Running"));
  expect(server.requests).toHaveLength(2);
  expect(server.writer.pending).toBe(7);
  for (let index = 0; index < 7; index += 1) await server.answer(200);
  expect(server.requests).toHaveLength(7);
  expect(server.writer.pending).toBe(0);
});

test("a writer that is disposed sends nothing more", async () => {
  const server = createServer();
  const channels = [server.open("a"), server.open("b"), server.open("c")];
  for (const channel of channels) channel.write(status("Running"));
  server.writer[Symbol.dispose]();
  await server.env.clock.advance(60_000);
  for (const channel of channels) channel.write(status("Failed"));
  await server.env.clock.advance(60_000);
  expect(server.requests).toHaveLength(2);
});
