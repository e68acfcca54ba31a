import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { ComponentError } from "./components.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { httpStatus } from "./probe.ts";

/** What a control plane was, to look for what is left of it. */
interface Remains {
  readonly folder: string;
  readonly url: string;
  readonly pids: readonly number[];
}

function remainsOf({ kubeconfigPath, url, processes }: ControlPlane): Remains {
  return { folder: dirname(kubeconfigPath), url, pids: processes.map(({ pid }) => pid) };
}

async function expectGone({ folder, url, pids }: Remains): Promise<void> {
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  expect(await httpStatus(`${url}/readyz`)).toBeUndefined();
}

const node = JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name: "hollow-0" } });

const pod = (name: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "main", image: "nginx" }] },
  });

describe.each(["v1.31.0", "v1.34.4"] as const)("a control plane of %s", (version) => {
  test("serves kubectl, runs its controllers, and leaves nothing behind", async () => {
    let remains: Remains;
    {
      await using plane = await startControlPlane({ version });
      remains = remainsOf(plane);
      expect(plane.processes.map(({ name }) => name).sort()).toEqual([
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
      ]);

      const versions = await plane.kubectl(["version"]);
      expect(versions.stdout).toContain(`Client Version: ${version}`);
      expect(versions.stdout).toContain(`Server Version: ${version}`);
      expect(await plane.kubectl(["get", "nodes"])).toMatchObject({
        code: 0,
        stderr: "No resources found\n",
      });

      await plane.kubectl(["create", "deployment", "web", "--image=nginx", "--replicas=2"]);
      const progress = await plane.kubectl([
        "wait",
        "deployment/web",
        "--for=jsonpath={.status.unavailableReplicas}=2",
        "--timeout=30s",
      ]);
      expect(progress).toMatchObject({ code: 0 });
      await plane.kubectl(["apply", "-f", "-"], node);
      const range = await plane.kubectl([
        "wait",
        "node/hollow-0",
        "--for=jsonpath={.spec.podCIDR}=10.0.0.0/24",
        "--timeout=30s",
      ]);
      expect(range).toMatchObject({ code: 0 });

      const pods = await plane.kubectl([
        "wait",
        "pods",
        "--all",
        "--for=jsonpath={.status.conditions[0].reason}=Unschedulable",
        "--timeout=30s",
      ]);
      expect(pods).toMatchObject({ code: 0 });
    }
    await expectGone(remains);
  });

  test("has a user without rights", async () => {
    await using plane = await startControlPlane({
      version,
      controllerManager: false,
      scheduler: false,
    });
    expect(plane.processes).toHaveLength(2);
    const may = async (context: string): Promise<string> =>
      (await plane.kubectl(["auth", "can-i", "create", "nodes", `--context=${context}`])).stdout;
    expect(await may("admin")).toBe("yes\n");
    expect(await may("nobody-much")).toBe("no\n");
    // Without a controller-manager there is no ServiceAccount, and none is asked for.
    expect(await plane.kubectl(["apply", "-f", "-"], pod("alone"))).toMatchObject({ code: 0 });
  });
});

test.each(["SIGKILL", "SIGTERM"] as const)(
  "kube-apiserver comes back at the same address after %s, with what was stored",
  async (signal) => {
    await using plane = await startControlPlane({
      version: "v1.34.4",
      controllerManager: false,
      scheduler: false,
      audit: "metadata",
    });
    await plane.kubectl(["apply", "-f", "-"], pod("before"));
    await plane.stopApiServer(signal);
    expect(plane.processes.map(({ name }) => name)).toEqual(["etcd"]);
    expect(await httpStatus(`${plane.url}/readyz`)).toBeUndefined();
    await plane.startApiServer();
    expect(await plane.kubectl(["get", "pods", "-o", "name"])).toMatchObject({
      stdout: "pod/before\n",
    });
    expect(await plane.cpuMs("kube-apiserver")).toBeGreaterThan(0);
    expect(await plane.rssBytes("kube-apiserver")).toBeGreaterThan(50 * 2 ** 20);
    const log = await readFile(plane.auditLogPath, "utf8");
    expect(log).toContain('"resource":"pods","namespace":"default","name":"before"');
  },
);

test("a control plane that cannot start says why, and leaves nothing behind", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hollowmark-test-"));
  try {
    vi.stubEnv("TMPDIR", folder);
    const start = startControlPlane({
      version: "v1.34.4",
      extraArguments: { "kube-apiserver": ["--authorization-mode=Luck"] },
    });
    await expect(start).rejects.toThrow(ComponentError);
    await expect(start).rejects.toThrow(
      /^kube-apiserver ended before it was ready:\n.*authorization-mode .*Luck.* is not a valid mode/,
    );
    expect(await readdir(folder)).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});
