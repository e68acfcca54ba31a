import { readFile, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { listen } from "../../src/client/test-server.fixture.ts";
import type { HollowmarkProcess } from "../harness/hollowmark-process.ts";
import { isReady, openIndependently } from "../harness/independent-client.ts";
import { createSandbox, expectRefusal } from "./sandbox.ts";

/** What Ctrl-C may take, in milliseconds. */
const stopMs = 2_000;

const prod = `apiVersion: v1
kind: Config
current-context: prod
clusters:
  - name: prod
    cluster:
      server: https://prod:6443
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

async function expectGone(program: HollowmarkProcess, signal: NodeJS.Signals): Promise<void> {
  const end = await program.stop(signal);
  expect(end).toMatchObject({ code: 0, signal: null });
  expect(end.tookMs).toBeLessThan(stopMs);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}

describe("up", () => {
  test("shows progress, reports, stays, and leaves nothing behind after Ctrl-C", async () => {
    await using sandbox = await createSandbox();
    await using program = sandbox.start(["up", "--nodes", "20"]);
    const [, kubeconfig = ""] = await program.waitFor(/export KUBECONFIG=(\S+)/);
    await program.waitFor(/Press Ctrl-C to stop/);
    const [, port = ""] = await program.waitFor(/Kubernetes v1.\d+.\d+ at https:.*:(\d+)/);
    expect(program.stderr()).toMatch(/^Nodes: 20 wanted, \d+ registered, \d+ Ready$/m);
    expect(program.stdout()).toMatch(
      /^Nodes: 20 wanted, 20 registered, 20 Ready after \d+\.\d s$/m,
    );
    expect(kubeconfig.startsWith(sandbox.folder.path)).toBe(true);
    expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);

    const nodes = await openIndependently(kubeconfig).nodes();
    expect(nodes.filter(isReady)).toHaveLength(20);
    expect(nodes[0]?.metadata?.labels).toMatchObject({
      "hollow-node": "true",
      "hollowmark/fleet": "default",
    });

    expect(await canConnect(Number(port))).toBe(true);
    await expectGone(program, "SIGINT");
    expect(await canConnect(Number(port))).toBe(false);
    expect(await sandbox.leftovers()).toEqual([]);
  });

  test("merges its context into a kubeconfig, and takes it out again", async () => {
    await using sandbox = await createSandbox();
    const file = await sandbox.folder.write("config", prod);
    await using program = sandbox.start(["up", "--nodes", "3", "--kubeconfig", file]);
    await program.waitFor(/Press Ctrl-C/);
    expect(program.stdout()).toContain(`export KUBECONFIG=${file}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { config, nodes } = openIndependently(file);
    expect(config.getContexts().map(({ name }) => name)).toEqual(["prod", "hollowmark"]);
    expect(config.getCurrentContext()).toBe("hollowmark");
    expect(await nodes()).toHaveLength(3);
    await expectGone(program, "SIGTERM");
    expect(await readFile(file, "utf8")).toBe(prod);
    expect(await sandbox.leftovers(["config"])).toEqual([]);
  });

  test("removes the kubeconfig that it made", async () => {
    await using sandbox = await createSandbox();
    const file = `${sandbox.folder.path}/new/config`;
    await using program = sandbox.start(["up", "--nodes", "1", "--kubeconfig", file]);
    await program.waitFor(/Press Ctrl-C/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await expectGone(program, "SIGHUP");
    await expect(stat(file)).rejects.toThrow("ENOENT");
  });

  test("stops in time while nodes still register, also when Ctrl-C comes twice at once", async () => {
    await using sandbox = await createSandbox();
    await using program = sandbox.start(["up", "--nodes", "500"]);
    await program.waitFor(/Kubernetes v/);
    process.kill(program.pid, "SIGINT");
    await expectGone(program, "SIGINT");
    expect(program.stdout()).toBe("");
    expect(await sandbox.leftovers()).toEqual([]);
  });

  test("prints one JSON object and nothing else on standard output", async () => {
    await using sandbox = await createSandbox();
    await using program = sandbox.start(["up", "--nodes", "5", "--output", "json", "-v"]);
    await program.waitFor(/"seconds":/);
    await expectGone(program, "SIGINT");
    const lines = program.stdout().split("\n");
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      controlPlane: {
        kind: "embedded",
        url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
        version: expect.stringMatching(/^v1\.\d+\.\d+$/),
      },
      kubeconfig: expect.stringContaining(sandbox.folder.path),
      nodes: { wanted: 5, registered: 5, ready: 5 },
      failures: [],
      reregistrations: 0,
      seconds: expect.any(Number),
    });
  });

  test("a port in use is a failure in one line, and the port's owner is left alone", async () => {
    await using sandbox = await createSandbox();
    const server = createServer();
    const port = await listen(server);
    try {
      const run = await sandbox.run(["up", "--port", String(port)]);
      expectRefusal(run, 1, `listen on 127.0.0.1:${port}: another program uses that port`);
      expect(await sandbox.leftovers()).toEqual([]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("a kubeconfig that is something else is left as it is", async () => {
    await using sandbox = await createSandbox();
    const file = await sandbox.folder.write("notes.yaml", "dear: diary\n");
    const run = await sandbox.run(["up", "--nodes", "1", "--kubeconfig", file]);
    expectRefusal(run, 1, `${file}: expected a kubeconfig, found a map of dear`);
    expect(await readFile(file, "utf8")).toBe("dear: diary\n");
    expect(await sandbox.leftovers(["notes.yaml"])).toEqual([]);
  });
});

const fleet = `apiVersion: hollowmark/v1
kind: Fleet
fleet: mixed
labels: { team: blue }
capacity: { cpu: 8 }
groups:
- name: general
  count: 4
  zones: [z-a, z-b]
  region: r-1
  instanceType: m.large
- name: gpu
  count: 2
  nameTemplate: "{group}-{zone}-{index}"
  zones: [z-c]
  labels: { team: red, disk: ssd }
  taints: ["dedicated=gpu:NoSchedule"]
  capacity: { cpu: 64, nvidia.com/gpu: 8 }
`;

test("the groups of a fleet file become Nodes as they say", async () => {
  await using sandbox = await createSandbox();
  const file = await sandbox.folder.write("fleet.yaml", fleet);
  const flags = ["--kubelet-version", "v1.33.1", "--labels", "team=green,by=flag"];
  await using program = sandbox.start(["up", "--config", file, ...flags]);
  const [, kubeconfig = ""] = await program.waitFor(/export KUBECONFIG=(\S+)/);
  const nodes = await openIndependently(kubeconfig).nodes();
  const facts = nodes.map(({ metadata, spec, status }) => ({
    name: metadata?.name,
    zone: metadata?.labels?.["topology.kubernetes.io/zone"],
    region: metadata?.labels?.["topology.kubernetes.io/region"],
    type: metadata?.labels?.["node.kubernetes.io/instance-type"],
    team: metadata?.labels?.["team"],
    by: metadata?.labels?.["by"],
    taints: spec?.taints,
    cpu: status?.capacity?.["cpu"],
    pods: status?.allocatable?.["pods"],
    gpu: status?.allocatable?.["nvidia.com/gpu"],
    version: status?.nodeInfo?.kubeletVersion,
  }));
  const every = { by: "flag", pods: "110", version: "v1.33.1" };
  const general = {
    ...every,
    region: "r-1",
    type: "m.large",
    team: "green",
    taints: undefined,
    cpu: "8",
    gpu: undefined,
  };
  const gpu = {
    ...every,
    region: undefined,
    type: undefined,
    team: "red",
    taints: [{ key: "dedicated", value: "gpu", effect: "NoSchedule" }],
    cpu: "64",
    gpu: "8",
  };
  expect(facts).toEqual([
    { ...gpu, name: "gpu-z-c-0", zone: "z-c" },
    { ...gpu, name: "gpu-z-c-1", zone: "z-c" },
    { ...general, name: "hollow-general-0", zone: "z-a" },
    { ...general, name: "hollow-general-1", zone: "z-b" },
    { ...general, name: "hollow-general-2", zone: "z-a" },
    { ...general, name: "hollow-general-3", zone: "z-b" },
  ]);
  await expectGone(program, "SIGINT");
});
