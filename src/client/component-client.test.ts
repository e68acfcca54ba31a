import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { leases } from "../k8s/resources.ts";
import type { ApiRequest, Transport } from "../k8s/transport.ts";
import { createComponentClient } from "./component-client.ts";

const ref = { namespace: "kube-node-lease", name: "a" };

test("a request says its time limit, and ends with it", async () => {
  const env = createTestEnv();
  const sent: ApiRequest[] = [];
  const transport: Transport = (request) => {
    sent.push(request);
    return new Promise((_, reject) => {
      request.signal?.addEventListener("abort", () => reject(request.signal?.reason));
    });
  };
  const user = { name: "system:node:a", groups: ["system:nodes"] };
  const access = { transport, user, async [Symbol.asyncDispose]() {} };
  const client = createComponentClient({ access, requestTimeout: "10s" }, env);
  const answer = client.get(leases, ref).catch((error: unknown) => error);
  await env.clock.advance(10_000);
  expect(await answer).toMatchObject({ name: "TransportError", reason: "timeout" });
  expect(sent).toMatchObject([{ query: { timeout: "10s" }, user }]);
});

test.each(["10", "soon", "-1s", "0s"])("a time limit of %s is none", (requestTimeout) => {
  const access = { transport: async () => Promise.reject(), async [Symbol.asyncDispose]() {} };
  expect(() => createComponentClient({ access, requestTimeout }, createTestEnv())).toThrow(
    "requestTimeout: expected a Go duration",
  );
});
