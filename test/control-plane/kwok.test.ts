import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { KwokError, startKwok } from "./kwok.ts";
import { waitUntil } from "./processes.ts";

test("KWOK starts with a control plane of its own, makes nodes Ready, and leaves nothing behind", async () => {
  let folder: string;
  let pids: readonly number[];
  {
    await using kwok = await startKwok({
      version: "v1.34.4",
      extraFlags: { etcd: { "unsafe-no-fsync": "true" } },
    });
    folder = dirname(kwok.kubeconfigPath);
    pids = kwok.processes.map(({ pid }) => pid);
    expect(kwok.processes.map(({ name }) => name).sort()).toEqual([
      "etcd",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kwok-controller",
    ]);
    const etcdPid = kwok.processes.find(({ name }) => name === "etcd")?.pid;
    const etcdArguments = await readFile(`/proc/${etcdPid}/cmdline`, "utf8");
    expect(etcdArguments).toContain("--unsafe-no-fsync=true");
    expect(etcdArguments).not.toContain("0.0.0.0");

    await kwok.scale("node", 20);
    const ready = await kwok.kubectl([
      ...["wait", "nodes", "--all", "--for=condition=Ready", "--timeout=30s"],
    ]);
    expect(ready.stdout.trim().split("\n")).toHaveLength(20);
    expect(await kwok.cpuMs()).toBeGreaterThan(0);
    expect(await kwok.rssBytes()).toBeGreaterThan(20 * 2 ** 20);
    const refused = kwok.scale("node", -1);
    await expect(refused).rejects.toThrow(KwokError);
    await expect(refused).rejects.toThrow(/^kwokctl scale node --replicas=-1 failed:\n./);
    expect(kwok.createMs).toBeGreaterThan(500);
  }
  expect(existsSync(folder)).toBe(false);
  // They are not our children, so nobody tells us when the kernel is done with them.
  const areGone = async (): Promise<boolean> => !pids.some((pid) => existsSync(`/proc/${pid}`));
  expect(await waitUntil(areGone, { deadlineMs: 5_000 })).toBe(true);
});
