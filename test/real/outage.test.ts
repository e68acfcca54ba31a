import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { startControlPlane } from "../control-plane/control-plane.ts";
import { rssBytesOf } from "../control-plane/proc-stat.ts";
import { openIndependently } from "../harness/independent-client.ts";
import { eventually, nodeUids, readyNodes, startJoin } from "./cluster-objects.ts";

const nodes = 200;
const replicas = 400;
const outageMs = 60_000;
/** What the fleet's watches wait at most, and then everything that the outage has done is undone. */
const recoveryMs = 30_000;
/** kube-controller-manager and kube-scheduler each wait up to a minute before they watch again. */
const controlPlaneRecoveryMs = 150_000;
/** So do kubelets, as client-go's: until then they do not know of pods that are bound to them. */
const kubeletRecoveryMs = 75_000;

test("an API server that is killed for a minute costs no node and no pod", async () => {
  await using plane = await startControlPlane({ version: "v1.34.4" });
  await using fleet = startJoin(plane, ["--nodes", String(nodes)]);
  await fleet.waitFor(/200 Ready after/);
  const { core } = openIndependently(plane.kubeconfigPath);
  const readyPods = async (): Promise<number> => {
    const { items } = await core.listNamespacedPod({ namespace: "default" });
    return items.filter(
      ({ status }) =>
        status?.phase === "Running" &&
        (status.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True"),
    ).length;
  };
  const boundPods = async (): Promise<number> => {
    const { items } = await core.listNamespacedPod({ namespace: "default" });
    return items.filter(({ spec }) => spec?.nodeName !== undefined).length;
  };
  const podUids = async (): Promise<ReadonlyMap<string, string>> => {
    const { items } = await core.listNamespacedPod({ namespace: "default" });
    return new Map(items.map(({ metadata }) => [metadata?.name ?? "", metadata?.uid ?? ""]));
  };
  const kubectl = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await plane.kubectl(args);
    expect(code, stderr).toBe(0);
  };
  await kubectl("create", "deployment", "web", "--image=nginx", `--replicas=${replicas}`);
  await kubectl("rollout", "status", "deployment/web", "--timeout=120s");
  const podsBefore = await podUids();
  const uidsBefore = await nodeUids(plane, "");
  const rssBefore = await rssBytesOf(fleet.pid);
  expect(podsBefore.size).toBe(replicas);

  await plane.stopApiServer();
  await delay(outageMs);
  expect(await rssBytesOf(fleet.pid)).toBeLessThan(2 * rssBefore);
  await plane.startApiServer();

  await eventually(
    "every node is Ready again",
    async () => (await readyNodes(plane, "")) === nodes,
    recoveryMs,
  );
  await eventually(
    "every pod is Ready again",
    async () => (await readyPods()) === replicas,
    recoveryMs,
  );
  expect(await nodeUids(plane, "")).toEqual(uidsBefore);
  // Whether each is Ready at this very moment is kube-controller-manager's: it still works off the outage.
  expect(await podUids()).toEqual(podsBefore);

  await kubectl("scale", "deployment", "web", `--replicas=${replicas + 50}`);
  await eventually(
    "new pods are bound",
    async () => (await boundPods()) === replicas + 50,
    controlPlaneRecoveryMs,
  );
  await eventually(
    "new pods run",
    async () => (await readyPods()) === replicas + 50,
    kubeletRecoveryMs,
  );
  expect(await rssBytesOf(fleet.pid)).toBeLessThan(2 * rssBefore);
  expect(await fleet.stop()).toMatchObject({ code: 0 });
  expect(await nodeUids(plane, "")).toEqual(new Map());
}, 400_000);
