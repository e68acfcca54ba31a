import { describe, expect, test } from "vitest";
import {
  clientCertificate,
  expiredCertificate,
  serverCertificate,
  type TestCertificate,
} from "../../src/client/test-certificates.fixture.ts";
import { createSandbox, expectRefusal } from "./sandbox.ts";
import {
  startNoServer,
  startOtherWebServer,
  startPlainHttpServer,
  startRefusingServer,
  startServerOfVersion,
  startTlsMailServer,
} from "./wrong-servers.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A kubeconfig, in the JSON that is also YAML, whose context `here` leads to `server`. */
function kubeconfig(server: string, client: TestCertificate = clientCertificate): string {
  const cluster = { server, "certificate-authority-data": base64(serverCertificate.cert) };
  const user = {
    "client-certificate-data": base64(client.cert),
    "client-key-data": base64(client.key),
  };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "here", cluster }],
    users: [{ name: "here", user }],
    contexts: [{ name: "here", context: { cluster: "here", user: "here" } }],
    "current-context": "here",
  });
}

const unreachable = "https://127.0.0.1:9";

describe.concurrent("a kubeconfig is refused in one line", () => {
  test("when it is missing", async () => {
    await using sandbox = await createSandbox();
    const file = `${sandbox.folder.path}/none`;
    const run = await sandbox.run(["join", "--kubeconfig", file]);
    expectRefusal(run, 1, `${file}: no such file`);
  });

  test("when none is given and there is none", async () => {
    await using sandbox = await createSandbox();
    expectRefusal(await sandbox.run(["join"]), 1, "no kubeconfig: give one, or set KUBECONFIG");
  });

  test("when it cannot be read", async () => {
    await using sandbox = await createSandbox();
    const folder = sandbox.folder.path;
    for (const command of ["join", "leave"]) {
      const run = await sandbox.run([command, "--kubeconfig", folder]);
      expectRefusal(run, 1, `${folder}: it is a directory`);
    }
  });

  test.each([
    {
      name: "it has not the context",
      text: kubeconfig(unreachable),
      args: ["--context", "there"],
      message: /\/config: no context "there"; there are the contexts here$/,
    },
    {
      name: "its certificate has expired",
      text: kubeconfig(unreachable, expiredCertificate),
      message: /\/config: the client certificate expired at 2021-01-01T00:00:00Z$/,
    },
    {
      name: "it is something else",
      text: "dear: diary\n",
      message: /\/config: /,
    },
    { name: "it is no YAML", text: "a: b: c\n", message: /\/config: line 1, column \d+: / },
    { name: "it is empty", text: "", message: /\/config: no current context/ },
  ])("when $name", async ({ text, args = [], message }) => {
    await using sandbox = await createSandbox();
    const file = await sandbox.folder.write("config", text);
    for (const command of ["join", "leave"]) {
      expectRefusal(await sandbox.run([command, "--kubeconfig", file, ...args]), 1, message);
    }
    expect(await sandbox.leftovers(["config"])).toEqual([]);
  });
});

describe.concurrent("a server is refused in one line", () => {
  test.each([
    {
      name: "is down",
      start: startNoServer,
      message: /^connect 127.0.0.1:\d+: connection refused$/,
    },
    { name: "speaks no TLS", start: startPlainHttpServer, message: /TLS/ },
    { name: "speaks no HTTP", start: startTlsMailServer, message: /HTTP/ },
    {
      name: "is another web server",
      start: startOtherWebServer,
      message: /: expected a Kubernetes API server, found HTTP 404 without a version$/,
    },
    {
      name: "refuses the credentials",
      start: startRefusingServer,
      message: /^https:\/\/127.0.0.1:\d+: the server refuses the credentials$/,
    },
    {
      name: "is too old",
      start: () => startServerOfVersion("v1.20.0"),
      message: /unsupported Kubernetes version: expected v1.30 or newer, found v1.20.0$/,
    },
  ])("that $name", async ({ start, message }) => {
    await using server = await start();
    await using sandbox = await createSandbox();
    const file = await sandbox.folder.write("config", kubeconfig(server.url));
    for (const command of ["join", "leave"]) {
      const run = await sandbox.run([command, "--kubeconfig", file]);
      expectRefusal(run, 1, message);
      expect(run.stderr).toContain("127.0.0.1");
    }
  });
});
