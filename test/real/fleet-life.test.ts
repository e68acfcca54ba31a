import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import type { KubernetesVersion } from "../control-plane/pinned-modules.ts";
import { type ProgramRun, runHollowmark } from "../harness/hollowmark-process.ts";
import { clusterObjects, eventually, nodeUids, readyNodes, startJoin } from "./cluster-objects.ts";

const versions: readonly KubernetesVersion[] = ["v1.34.4", "v1.31.0"];

describe.each(versions)("a fleet on %s", (version) => {
  let plane: ControlPlane;
  let before: readonly string[];
  beforeAll(async () => {
    plane = await startControlPlane({ version });
    before = await clusterObjects(plane);
  });
  afterAll(() => plane?.[Symbol.asyncDispose]());

  const hollow = "hollow-node=true";
  const leave = (...args: readonly string[]): Promise<ProgramRun> =>
    runHollowmark(["leave", "--kubeconfig", plane.kubeconfigPath, ...args]);
  const refusal = (run: ProgramRun): string => {
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr.match(/^hollowmark: .*$/gm)).toHaveLength(1);
    return run.stderr;
  };
  const join = (...args: readonly string[]): Promise<ProgramRun> =>
    runHollowmark(["join", "--kubeconfig", plane.kubeconfigPath, ...args]);

  test("is refused to who lacks the rights, naming them", async () => {
    const run = await join("--context", "nobody-much", "--nodes", "3");
    expect(refusal(run)).toMatch(
      /^hollowmark: https:\S+: these credentials may not create nodes, .*$/m,
    );
    expect(run.stderr.trim().split("\n")).toHaveLength(1);
    expect(await clusterObjects(plane)).toEqual(before);
  });

  test("of 100 nodes is Ready, alone has its name, and is gone without a trace", async () => {
    await using fleet = startJoin(plane, ["--nodes", "100"]);
    await fleet.waitFor(/100 wanted, 100 registered, 100 Ready after/);
    expect(await readyNodes(plane, hollow)).toBe(100);

    const held = /fleet "default" is run by another process: \S+, which renewed it at 20/;
    expect(refusal(await leave())).toMatch(held);
    expect(refusal(await join("--nodes", "3"))).toMatch(held);

    await using other = startJoin(plane, [
      "--nodes",
      "5",
      "--fleet",
      "other",
      "--name-template",
      "other-{index}",
    ]);
    await other.waitFor(/5 Ready after/);
    expect(await readyNodes(plane, hollow)).toBe(105);
    expect(await other.stop()).toMatchObject({ code: 0 });
    expect(await nodeUids(plane, "hollowmark/fleet=other")).toEqual(new Map());
    expect(await readyNodes(plane, hollow)).toBe(100);

    expect(await fleet.stop()).toMatchObject({ code: 0 });
    expect(await clusterObjects(plane)).toEqual(before);
  });

  test("does not touch a node of the same name that is somebody else's", async () => {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "hollow-1" } };
    expect(await plane.kubectl(["create", "-f", "-"], JSON.stringify(node))).toMatchObject({
      code: 0,
    });
    const uids = await nodeUids(plane, "!hollow-node");
    const run = await join("--nodes", "3", "--ready-timeout", "30s");
    expect(refusal(run)).toMatch(
      /2 of 3 nodes are Ready; 1 not registered \(NodeNotOurs\): .*hollow-1/,
    );
    expect(await nodeUids(plane, "")).toEqual(uids);
    await plane.kubectl(["delete", "node", "hollow-1"]);
    await eventually("nothing is left", async () => {
      return (await clusterObjects(plane)).length === before.length;
    });
  });

  test("registers again the nodes that others delete, and counts them", async () => {
    await using fleet = startJoin(plane, ["--nodes", "10", "-v"]);
    await fleet.waitFor(/10 Ready after/);
    const first = await nodeUids(plane, hollow);
    await plane.kubectl(["delete", "nodes", "hollow-3", "hollow-4"]);
    await eventually("all nodes are Ready again", async () => {
      return (await readyNodes(plane, hollow)) === 10;
    });
    const second = await nodeUids(plane, hollow);
    const changed = [...second].filter(([name, uid]) => first.get(name) !== uid);
    expect(changed.map(([name]) => name).sort()).toEqual(["hollow-3", "hollow-4"]);
    expect(await fleet.stop()).toMatchObject({ code: 0 });
    expect(fleet.stderr()).toMatch(/Nodes that others had deleted were registered again: 2$/m);
    expect(await clusterObjects(plane)).toEqual(before);
  });

  test("is kept, or killed, and comes back with the same nodes; leave takes it, and nothing else", async () => {
    const uids = await keptNodes(plane);
    await using again = startJoin(plane, ["--nodes", "20"]);
    await again.waitFor(/20 Ready after/);
    expect(await nodeUids(plane, hollow)).toEqual(uids);
    await again.stop("SIGKILL");

    await using third = startJoin(plane, ["--nodes", "20"]);
    await third.waitFor(/20 Ready after/);
    expect(await nodeUids(plane, hollow)).toEqual(uids);
    await eventually("there is something of each kind", () => hasAllKinds(plane, "default"));
    await third.stop("SIGKILL");

    const foreign = await foreignObjects(plane);
    const removed = await fleetObjects(plane, "default");
    expect(removed.nodes).toBe(20);
    const run = await leave("--output", "json");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(run.stdout)).toEqual({ fleet: "default", removed });
    expect(await clusterObjects(plane)).toEqual([...before, ...foreign].sort());

    const { nodes, leases, csiNodes } = await fleetObjects(plane, "other");
    expect((await leave("--fleet", "other")).stdout).toBe(
      `Fleet other: removed ${nodes} Nodes, ${leases} Leases and ${csiNodes} CSINodes\n`,
    );
    expect(await nodeUids(plane, hollow)).toEqual(new Map());
  });
});

interface FleetObjects {
  readonly nodes: number;
  readonly leases: number;
  readonly csiNodes: number;
}

/** How many objects a fleet has: its Nodes carry its label, and the others their names. */
async function fleetObjects(plane: ControlPlane, fleet: string): Promise<FleetObjects> {
  const nodes = [...(await nodeUids(plane, `hollowmark/fleet=${fleet}`)).keys()];
  const objects = new Set(await clusterObjects(plane));
  const count = (start: string): number => nodes.filter((name) => objects.has(start + name)).length;
  return {
    nodes: count("Node//"),
    leases: count("Lease/kube-node-lease/"),
    csiNodes: count("CSINode//"),
  };
}

/** A Node comes first; its CSINode and its Lease follow within 10 s. */
async function hasAllKinds(plane: ControlPlane, fleet: string): Promise<boolean> {
  const { nodes, leases, csiNodes } = await fleetObjects(plane, fleet);
  return nodes > 0 && leases > 0 && csiNodes > 0;
}

/** Nodes whose fleet has ended with `--on-exit keep`. */
async function keptNodes(plane: ControlPlane): Promise<ReadonlyMap<string, string>> {
  await using fleet = startJoin(plane, ["--nodes", "20", "--on-exit", "keep"]);
  await fleet.waitFor(/20 Ready after/);
  expect(await fleet.stop()).toMatchObject({ code: 0 });
  const uids = await nodeUids(plane, "hollow-node=true");
  expect(uids.size).toBe(20);
  return uids;
}

/** A node and a Lease of somebody else's, and a fleet of another name that was killed. */
async function foreignObjects(plane: ControlPlane): Promise<readonly string[]> {
  const before = new Set(await clusterObjects(plane));
  const metadata = { name: "hollow-100" };
  const labels = { "hollow-node": "true" };
  const lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "hollow-101", namespace: "kube-node-lease", labels },
  };
  for (const object of [{ apiVersion: "v1", kind: "Node", metadata }, lease]) {
    const created = await plane.kubectl(["create", "-f", "-"], JSON.stringify(object));
    expect(created.code, created.stderr).toBe(0);
  }
  await using other = startJoin(plane, [
    "--nodes",
    "2",
    "--fleet",
    "other",
    "--name-template",
    "other-{index}",
  ]);
  await other.waitFor(/2 Ready after/);
  await other.stop("SIGKILL");
  return (await clusterObjects(plane)).filter((object) => !before.has(object));
}
