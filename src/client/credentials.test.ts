import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toTime } from "../base/rfc3339.ts";
import { createTestEnv } from "../base/test-env.ts";
import { execCredentials } from "./exec-credentials.ts";
import type { ExecPlugin } from "./kubeconfig-parse.ts";
import { createTempFolder } from "./temp-folder.fixture.ts";
import { tokenFile } from "./token-credentials.ts";

const apiVersion = "client.authentication.k8s.io/v1";

/** A plug-in that runs JavaScript. */
function plugin(script: string, more: Partial<ExecPlugin> = {}): ExecPlugin {
  return {
    apiVersion,
    command: process.execPath,
    args: ["-e", script],
    env: {},
    installHint: undefined,
    provideClusterInfo: false,
    interactiveMode: undefined,
    ...more,
  };
}

function answer(status: string): string {
  return `console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "${apiVersion}", status: ${status} }))`;
}

test("a token file is read again once a minute, and the last token stays while it cannot be", async () => {
  await using folder = await createTempFolder();
  const env = createTestEnv();
  const path = await folder.write("token", "one\n");
  const credentials = tokenFile(path, env);
  expect(await credentials.authorization()).toBe("Bearer one");
  await folder.write("token", "two");
  expect(credentials.authorization()).toBe("Bearer one");
  await env.clock.advance(60_000);
  expect(await credentials.authorization()).toBe("Bearer two");
  await rm(path);
  await env.clock.advance(60_000);
  expect(await credentials.authorization()).toBe("Bearer two");
  expect(await credentials.rejected?.("Bearer two")).toBe(false);
  await folder.write("token", "three");
  expect(await credentials.rejected?.("Bearer two")).toBe(true);
  expect(credentials.authorization()).toBe("Bearer three");
});

test("a token file that was never there is an error", async () => {
  await using folder = await createTempFolder();
  const credentials = tokenFile(join(folder.path, "gone"), createTestEnv());
  await expect(credentials.authorization()).rejects.toMatchObject({
    reason: "credentials",
    message: expect.stringMatching(/^token file .*gone: no such file$/),
  });
});

test("a plug-in is told of the cluster, runs once for many, and again when its answer expires", async () => {
  await using folder = await createTempFolder();
  const env = createTestEnv();
  const expires = toTime(env.clock.nowMs() + 60_000);
  const script = `
    const fs = require("fs");
    fs.appendFileSync(process.env.RUNS, "x");
    const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    const token = [spec.cluster.server, spec.interactive, process.argv[1], fs.readFileSync(process.env.RUNS)].join(" ");
    ${answer(`{ token, expirationTimestamp: "${expires}" }`)}`;
  const credentials = execCredentials(
    plugin(script, {
      args: ["-e", script, "argument"],
      env: { RUNS: join(folder.path, "runs") },
      provideClusterInfo: true,
    }),
    { server: "https://one" },
    {},
    env,
  );
  const first = await Promise.all([credentials.authorization(), credentials.authorization()]);
  expect(first).toEqual(Array(2).fill("Bearer https://one false argument x"));
  expect(credentials.authorization()).toBe(first[0]);
  await env.clock.advance(60_000);
  expect(await credentials.authorization()).toBe("Bearer https://one false argument xx");
  expect(await credentials.rejected?.(first[0])).toBe(true);
  expect(await credentials.rejected?.("Bearer https://one false argument xx")).toBe(true);
  expect(await credentials.authorization()).toBe("Bearer https://one false argument xxxx");
});

test("a plug-in may give a certificate", async () => {
  const script = answer('{ clientCertificateData: "CERT", clientKeyData: "KEY" }');
  const credentials = execCredentials(plugin(script), {}, {}, createTestEnv());
  expect(await credentials.clientCertificate?.()).toEqual({ cert: "CERT", key: "KEY" });
  expect(credentials.authorization()).toBeUndefined();
});

test.each([
  {
    name: "is not there",
    plugin: plugin("", { command: "no-such-plugin", installHint: "get it" }),
    error: "exec plug-in no-such-plugin: not found (get it)",
  },
  {
    name: "fails",
    plugin: plugin('console.error("log in first\\nmore"); process.exit(3)'),
    error: /it ended with exit code 3: log in first$/,
  },
  {
    name: "talks nonsense",
    plugin: plugin('console.log("hi")'),
    error: /expected an ExecCredential in JSON/,
  },
  {
    name: "gives nothing",
    plugin: plugin(answer("{}")),
    error: /neither a token nor a client certificate/,
  },
  {
    name: "wants a terminal",
    plugin: plugin("", { interactiveMode: "Always" }),
    error: /it wants a terminal/,
  },
  {
    name: "is of another version",
    plugin: plugin("", { apiVersion: "client.authentication.k8s.io/v1alpha1" }),
    error: /expected apiVersion .*v1 or .*v1beta1, found .*v1alpha1$/,
  },
  {
    name: "answers in another version",
    plugin: plugin(answer('{ token: "a" }').replace("/v1", "/v1beta1")),
    error:
      /expected apiVersion client.authentication.k8s.io\/v1, found "client.authentication.k8s.io\/v1beta1"$/,
  },
])("a plug-in that $name is an error of one line", async ({ plugin, error }) => {
  const credentials = execCredentials(plugin, {}, process.env, createTestEnv());
  await expect(Promise.resolve().then(() => credentials.authorization())).rejects.toThrow(error);
});
