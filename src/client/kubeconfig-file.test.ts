import { readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { loadKubeconfig } from "./kubeconfig.ts";
import {
  addToKubeconfig,
  addToKubeconfigFile,
  type KubeconfigEntry,
  removeFromKubeconfig,
  removeFromKubeconfigFile,
} from "./kubeconfig-file.ts";
import { createTempFolder } from "./temp-folder.fixture.ts";
import { clientCertificate, serverCertificate } from "./test-certificates.fixture.ts";

const entry: KubeconfigEntry = {
  name: "hollowmark",
  server: "https://127.0.0.1:6443",
  ca: serverCertificate.cert,
  ...clientCertificate,
};

const existing = `apiVersion: v1
kind: Config
preferences:
  colors: true
current-context: prod
x-tool:
  note: 'yes'
  when: 2026-01-02T03:04:05Z
clusters:
  - name: prod
    cluster:
      server: https://prod:6443
      extensions:
        - name: e
users:
  - name: prod
    user:
      token: '0123'
contexts:
  - name: prod
    context:
      cluster: prod
      user: prod
`;

test("a file is made that leads to the cluster and that only its owner can read", async () => {
  await using folder = await createTempFolder();
  const path = join(folder.path, "new", "config");
  await addToKubeconfigFile(path, entry);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await loadKubeconfig({ path, variables: {} }, createTestEnv())).toMatchObject({
    contextName: "hollowmark",
    server: entry.server,
    tls: { ca: entry.ca, cert: entry.cert, key: entry.key },
  });
  await removeFromKubeconfigFile(path, entry.name);
  await expect(stat(path)).rejects.toThrow("ENOENT");
  await removeFromKubeconfigFile(path, entry.name);
});

test("what a file says already stays, before and after", async () => {
  const added = await addToKubeconfig(existing, entry, "f");
  const again = await addToKubeconfig(added, entry, "f");
  expect(again).toBe(added);
  expect(added).toContain("current-context: hollowmark\n");
  const removed = await removeFromKubeconfig(added, entry.name, "f");
  expect(removed).toBe(existing.replace(/when: (\S+)/, "when: '$1'"));
});

test("a run after one that was killed still knows the context that was current before both", async () => {
  const killed = await addToKubeconfig(existing, entry, "f");
  const again = await addToKubeconfig(killed, { ...entry, server: "https://127.0.0.1:7443" }, "f");
  expect(again).toContain("current-context: hollowmark\n");
  const removed = await removeFromKubeconfig(again, entry.name, "f");
  expect(removed).toContain("current-context: prod\n");
  expect(removed).not.toContain("hollowmark");
});

test("a context that is gone is not made current", async () => {
  const added = await addToKubeconfig(existing, entry, "f");
  const gone = added.replace("- name: prod\n    context:", "- name: production\n    context:");
  expect(await removeFromKubeconfig(gone, entry.name, "f")).toContain("current-context: ''\n");
});

test("a context that was chosen since stays chosen", async () => {
  const added = await addToKubeconfig(existing, entry, "f");
  const chosen = added.replace("current-context: hollowmark", "current-context: prod");
  expect(await removeFromKubeconfig(chosen, entry.name, "f")).toContain("current-context: prod\n");
});

test.each([
  ["kind: Deployment\n", 'f: expected a kubeconfig, found the kind "Deployment"'],
  ["dear: diary\n", "f: expected a kubeconfig, found a map of dear"],
  ["- a\n", "f: expected a kubeconfig, found a list"],
  ["just text", 'f: expected a kubeconfig, found the string "just text"'],
  ["kind: Config\nusers: {}\n", "f: users: expected a list, found a map"],
  ["a: b: c\n", /^f: line 1, column \d+: /],
])("%j is refused", async (text, message) => {
  await expect(addToKubeconfig(text, entry, "f")).rejects.toThrow(message);
});

test("a file that is refused is left as it was, and so is one that another program is writing", async () => {
  await using folder = await createTempFolder();
  const path = await folder.write("config", "dear: diary\n");
  await expect(addToKubeconfigFile(path, entry)).rejects.toThrow("expected a kubeconfig");
  expect(await readFile(path, "utf8")).toBe("dear: diary\n");
  const busy = await folder.write("busy", existing);
  await folder.write("busy.lock", "");
  await expect(addToKubeconfigFile(busy, entry)).rejects.toThrow(/another program is writing it/);
  expect(await readFile(busy, "utf8")).toBe(existing);
});

test("what a link leads to is replaced, and not the link", async () => {
  await using folder = await createTempFolder();
  const target = await folder.write("real/config", existing);
  const link = join(folder.path, "link");
  await symlink(target, link);
  await addToKubeconfigFile(link, entry);
  expect(await readFile(target, "utf8")).toContain("hollowmark");
  await expect(stat(`${target}.lock`)).rejects.toThrow("ENOENT");
});
