import { expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { isReady, openIndependently } from "../harness/independent-client.ts";
import { clusterObjects, eventually, nodeUids, readyNodes, startJoin } from "./cluster-objects.ts";

/** Longer than the 10 s between two renewals of a Lease. */
const graceS = 14;

/** Quicker than a cluster's usual 50 s, and 300 s until pods are evicted. */
const extraArguments = {
  "kube-apiserver": [
    "--default-not-ready-toleration-seconds=1",
    "--default-unreachable-toleration-seconds=1",
  ],
  "kube-controller-manager": [
    "--node-monitor-period=1s",
    `--node-monitor-grace-period=${graceS}s`,
    "--node-eviction-rate=50",
  ],
};

const lost = "hollowmark/fleet=lost";

test("nodes of a killed fleet go NotReady, lose their pods, and come back or are deleted by label", async () => {
  await using plane = await startControlPlane({ version: "v1.34.4", extraArguments });
  const before = await clusterObjects(plane);
  await using killed = startFleet(plane, "lost", 10);
  // Most nodes must live, or kube-controller-manager takes it for a fault of its own.
  await using kept = startFleet(plane, "kept", 20);
  await killed.waitFor(/10 Ready after/);
  await kept.waitFor(/20 Ready after/);
  const created = await plane.kubectl([
    "create",
    "deployment",
    "web",
    "--image=nginx",
    "--replicas=60",
  ]);
  expect(created.code, created.stderr).toBe(0);
  await eventually("pods run on all nodes", async () => {
    return (await podsOn(plane, "lost-")) >= 10 && (await podsOn(plane, "")) === 60;
  });
  const uids = await nodeUids(plane, lost);

  await killed.stop("SIGKILL");
  await eventually("its nodes are not Ready", async () => (await readyNodes(plane, lost)) === 0);
  const { core } = openIndependently(plane.kubeconfigPath);
  const node = await core.readNode({ name: "lost-0" });
  expect(isReady(node)).toBe(false);
  const ready = (node.status?.conditions ?? []).find(({ type }) => type === "Ready");
  expect(ready).toMatchObject({ status: "Unknown", reason: "NodeStatusUnknown" });
  await eventually("all pods run on the other nodes", async () => {
    return (await podsOn(plane, "kept-")) === 60;
  });
  expect(await readyNodes(plane, "")).toBe(20);

  await using again = startFleet(plane, "lost", 10);
  await again.waitFor(/10 Ready after/);
  expect(await nodeUids(plane, lost)).toEqual(uids);
  await eventually("the evicted pods are gone", async () => {
    const { items } = await core.listNamespacedPod({ namespace: "default" });
    return items.length === 60;
  });
  await eventually("no node is tainted any more", async () => {
    const { items } = await core.listNode();
    return items.every(({ spec }) => (spec?.taints ?? []).length === 0);
  });

  await again.stop("SIGKILL");
  await kept.stop("SIGKILL");
  const deleted = await plane.kubectl(["delete", "nodes", "-l", "hollow-node=true"]);
  expect(deleted.stdout.match(/ deleted$/gm)).toHaveLength(30);
  const locks = ["lost", "kept"].map((name) => `Lease/kube-node-lease/hollowmark-fleet-${name}`);
  await eventually("what the nodes owned is collected", async () => {
    return (await clusterObjects(plane)).length === before.length + locks.length;
  });
  expect(await clusterObjects(plane)).toEqual([...before, ...locks].sort());
});

function startFleet(
  plane: ControlPlane,
  name: string,
  count: number,
): ReturnType<typeof startJoin> {
  const flags = ["--fleet", name, "--name-template", `${name}-{index}`, "--nodes", String(count)];
  return startJoin(plane, [...flags, "--on-exit", "keep"]);
}

/** Pods that run on nodes whose names start so. */
async function podsOn({ kubeconfigPath }: ControlPlane, start: string): Promise<number> {
  const { core } = openIndependently(kubeconfigPath);
  const { items } = await core.listNamespacedPod({ namespace: "default" });
  const alive = items.filter(({ metadata, status }) => {
    return metadata?.deletionTimestamp === undefined && status?.phase === "Running";
  });
  return alive.filter(({ spec }) => spec?.nodeName?.startsWith(start)).length;
}
