import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { loadKubeconfig } from "./kubeconfig.ts";
import { createTempFolder } from "./temp-folder.fixture.ts";
import {
  clientCertificate,
  expiredCertificate,
  serverCertificate,
} from "./test-certificates.fixture.ts";

const env = createTestEnv();

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** A kubeconfig whose cluster and user have these lines more. */
function kubeconfig({
  cluster = [],
  user = [],
  context = [],
  name = "one",
}: {
  readonly cluster?: readonly string[];
  readonly user?: readonly string[];
  readonly context?: readonly string[];
  readonly name?: string;
} = {}): string {
  const more = (lines: readonly string[]): string =>
    lines.map((line) => `      ${line}\n`).join("");
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
  - name: ${name}
    cluster:
      server: https://${name}.example:6443
${more(cluster)}users:
  - name: ${name}
    user:
${more(["as-uid: ''", ...user])}contexts:
  - name: ${name}
    context:
      cluster: ${name}
      user: ${name}
${more(context)}`;
}

async function load(text: string, context?: string) {
  await using folder = await createTempFolder();
  const path = await folder.write("config", text);
  const options = { path, variables: {}, ...(context === undefined ? {} : { context }) };
  return await loadKubeconfig(options, env);
}

test("it says where the cluster is and how to come in", async () => {
  const connection = await load(
    kubeconfig({
      context: ["namespace: team-a"],
      cluster: [
        `certificate-authority-data: ${base64(serverCertificate.cert)}`,
        "tls-server-name: api.internal",
        "proxy-url: http://proxy:3128",
      ],
      user: [
        `client-certificate-data: ${base64(clientCertificate.cert)}`,
        `client-key-data: ${base64(clientCertificate.key)}`,
        "as: jane",
        "as-groups: [admins]",
        "as-user-extra: {scopes: [view]}",
      ],
    }),
  );
  expect(connection).toEqual({
    server: "https://one.example:6443",
    contextName: "one",
    namespace: "team-a",
    tls: {
      ca: serverCertificate.cert,
      ...clientCertificate,
      serverName: "api.internal",
      insecure: false,
    },
    impersonation: { user: "jane", groups: ["admins"], extra: { scopes: ["view"] } },
    proxyUrl: "http://proxy:3128",
  });
});

test.each([
  { name: "a token", user: ["token: secret"], authorization: "Bearer secret" },
  {
    name: "a user and a password",
    user: ["username: jane", "password: pass:word"],
    authorization: `Basic ${base64("jane:pass:word")}`,
  },
])("the authorization of $name", async ({ user, authorization }) => {
  const { credentials } = await load(kubeconfig({ user }));
  expect(credentials?.authorization()).toBe(authorization);
});

test("paths in a file start at its folder; of data and a file the data hold", async () => {
  await using folder = await createTempFolder();
  await folder.write("deep/ca.pem", serverCertificate.cert);
  await folder.write("deep/token", "from-file\n");
  const path = await folder.write(
    "deep/config",
    kubeconfig({
      cluster: ["certificate-authority: ca.pem"],
      user: [
        "tokenFile: token",
        "token: ignored",
        "client-certificate: nowhere",
        `client-certificate-data: ${base64(clientCertificate.cert)}`,
        `client-key-data: ${base64(clientCertificate.key)}`,
      ],
    }),
  );
  const { tls, credentials } = await loadKubeconfig({ path, variables: {} }, env);
  expect(tls).toMatchObject({ ca: serverCertificate.cert, cert: clientCertificate.cert });
  expect(await credentials?.authorization()).toBe("Bearer from-file");
});

test("of several files the first that says something holds; files that are missing say nothing", async () => {
  await using folder = await createTempFolder();
  const first = await folder.write(
    "first",
    "contexts: [{name: one, context: {cluster: one, user: two}}]\n",
  );
  const second = await folder.write("second", kubeconfig({ user: ["token: one"] }));
  const third = await folder.write("third", kubeconfig({ name: "two", user: ["token: two"] }));
  const variables = { KUBECONFIG: [join(folder.path, "no"), first, second, "", third].join(":") };
  const connection = await loadKubeconfig({ variables }, env);
  expect(connection).toMatchObject({ contextName: "one", server: "https://one.example:6443" });
  expect(await connection.credentials?.authorization()).toBe("Bearer two");
  expect(await loadKubeconfig({ variables, context: "two" }, env)).toMatchObject({
    contextName: "two",
  });
});

test("without files it is that of the home folder", async () => {
  await using folder = await createTempFolder();
  await folder.write(".kube/config", kubeconfig());
  const connection = await loadKubeconfig({ variables: { HOME: folder.path } }, env);
  expect(connection.server).toBe("https://one.example:6443");
});

test("a proxy of the environment is taken where the file names none", async () => {
  await using folder = await createTempFolder();
  const path = await folder.write("config", kubeconfig());
  const variables = { HTTPS_PROXY: "proxy:3128" };
  expect(await loadKubeconfig({ path, variables }, env)).toMatchObject({
    proxyUrl: "http://proxy:3128",
  });
});

test.each([
  {
    name: "an unknown context",
    text: kubeconfig(),
    context: "tow",
    error: /config: no context "tow"; there are the contexts one$/,
  },
  {
    name: "no current context",
    text: "kind: Config\n",
    error: /config: no current context; there are no contexts$/,
  },
  {
    name: "a context without its cluster",
    text: "current-context: a\ncontexts: [{name: a, context: {cluster: b}}]\n",
    error: /config: no cluster "b"; there are no clusters$/,
  },
  {
    name: "an expired client certificate",
    text: kubeconfig({
      user: [
        `client-certificate-data: ${base64(expiredCertificate.cert)}`,
        `client-key-data: ${base64(expiredCertificate.key)}`,
      ],
    }),
    error: /config: the client certificate expired at 2021-01-01T00:00:00Z$/,
  },
  {
    name: "a certificate without its key",
    text: kubeconfig({ user: [`client-certificate-data: ${base64(clientCertificate.cert)}`] }),
    error: /config: there is a client-certificate, but no client-key$/,
  },
  {
    name: "data that are no PEM",
    text: kubeconfig({ cluster: ["certificate-authority-data: aGVsbG8="] }),
    error: /config: certificate-authority-data: expected PEM in base64$/,
  },
  {
    name: "a file that is missing",
    text: kubeconfig({ cluster: ["certificate-authority: gone.pem"] }),
    error: /config: certificate-authority: .*gone\.pem: no such file$/,
  },
  {
    name: "a value of the wrong type",
    text: kubeconfig({ user: ["token: 17"] }),
    error: /config: users\[0\]\.user\.token: expected a string, found the number 17$/,
  },
  {
    name: "a list in place of a map",
    text: "users: [[]]\n",
    error: /config: users\[0\]: expected a map, found a list$/,
  },
  {
    name: "text that is no YAML",
    text: "a: b\n\tc: d\n",
    error: /config: line 2, column 1: tab characters/,
  },
  {
    name: "something else",
    text: "hello",
    error: /config: expected a kubeconfig, found the string "hello"$/,
  },
  {
    name: "an auth-provider",
    text: kubeconfig({ user: ["auth-provider: {name: gcp}"] }),
    error: /config: users\[0\]\.user\.auth-provider: auth-provider was removed/,
  },
])("$name is an error of one line", async ({ text, context, error }) => {
  await expect(load(text, context)).rejects.toThrow(error);
});

test("a file that cannot be read is an error of one line", async () => {
  await using folder = await createTempFolder();
  const at = (name: string) =>
    loadKubeconfig({ path: join(folder.path, name), variables: {} }, env);
  await expect(at("gone")).rejects.toThrow(/gone: no such file$/);
  await mkdir(join(folder.path, "folder"));
  await expect(at("folder")).rejects.toThrow(/folder: it is a directory$/);
  const variables = { KUBECONFIG: join(folder.path, "gone") };
  await expect(loadKubeconfig({ variables }, env)).rejects.toThrow(
    /^KUBECONFIG: no such file: .*gone$/,
  );
  await expect(loadKubeconfig({ variables: { HOME: folder.path } }, env)).rejects.toThrow(
    "no kubeconfig: give one, or set KUBECONFIG",
  );
  if (process.getuid?.() === 0) return; // Root may read everything.
  await folder.write("secret", kubeconfig());
  await chmod(join(folder.path, "secret"), 0o000);
  await expect(at("secret")).rejects.toThrow(/secret: permission denied$/);
});
