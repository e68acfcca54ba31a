import { readFile } from "node:fs/promises";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { createApiServer } from "../../../src/apiserver/index.ts";
import { createTestEnv } from "../../../src/base/test-env.ts";
import type { HttpMethod, ResponseBody } from "../../../src/k8s/transport.ts";
import { play, recordUrl, type Send, scripts } from "./play.ts";

/** What the embedded API server answers, of a cluster that is new each time. */
async function createSend(): Promise<Send> {
  const server = createApiServer({ serviceCidr: "172.30.0.0/16" }, createTestEnv());
  server.advertise({ address: "192.0.2.1", port: 40_000 });
  const user = { name: "admin", groups: ["system:masters"] };
  const send: Send = async (method, path, body, headers) => {
    const url = new URL(path, "http://server");
    const answer = await server.handle({
      method: method as HttpMethod,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers,
      user,
      ...(body === undefined
        ? {}
        : { body: { kind: "bytes", bytes: Buffer.from(JSON.stringify(body)) } }),
    });
    return { status: answer.status, value: contentOf(answer.body) };
  };
  // The one thing that a controller does in the recorded cluster.
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await send("POST", "/api/v1/namespaces/default/serviceaccounts", account, {});
  return send;
}

function contentOf(body: ResponseBody): unknown {
  if (body.kind === "object") return body.value;
  return body.kind === "bytes" ? Buffer.from(body.bytes).toString() : undefined;
}

interface Recorded {
  readonly name: string;
}

for (const script of scripts) {
  // The records are kube-apiserver's own answers: test/real/registry.test.ts renews them.
  test(`answers as kube-apiserver does: ${script}`, async () => {
    const recorded = load(await readFile(recordUrl(script), "utf8")) as readonly Recorded[];
    const ours = load(await play(script, await createSend())) as readonly Recorded[];
    expect(ours.map(({ name }) => name)).toEqual(recorded.map(({ name }) => name));
    for (const [index, answer] of ours.entries()) {
      expect.soft(answer, answer.name).toEqual(recorded[index]);
    }
  });
}
