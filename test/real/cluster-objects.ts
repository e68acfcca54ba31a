import { expect } from "vitest";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import { waitUntil } from "../control-plane/processes.ts";
import { type HollowmarkProcess, startHollowmark } from "../harness/hollowmark-process.ts";
import { isReady, openIndependently } from "../harness/independent-client.ts";

/** The kinds of objects that a fleet makes, and whose others must stay. */
const kinds = "nodes,csinodes,leases.coordination.k8s.io";

/** All Nodes, CSINodes and Leases of a cluster, whoever made them: `KIND/NAMESPACE/NAME`, sorted. */
export async function clusterObjects(
  { kubectl }: ControlPlane,
  labelSelector = "",
): Promise<readonly string[]> {
  const template = "{range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{'\\n'}{end}";
  const { stdout, stderr, code } = await kubectl([
    "get",
    kinds,
    "--all-namespaces",
    `--selector=${labelSelector}`,
    "-o",
    `jsonpath=${template}`,
  ]);
  expect(code, stderr).toBe(0);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

/** UIDs by name, of the Nodes that a label selector finds. */
export async function nodeUids(
  { kubeconfigPath }: ControlPlane,
  labelSelector: string,
): Promise<ReadonlyMap<string, string>> {
  const { core } = openIndependently(kubeconfigPath);
  const { items } = await core.listNode({ labelSelector });
  return new Map(items.map(({ metadata }) => [metadata?.name ?? "", metadata?.uid ?? ""]));
}

/** How many Nodes of a label selector are Ready. */
export async function readyNodes(
  { kubeconfigPath }: ControlPlane,
  labelSelector: string,
): Promise<number> {
  const { core } = openIndependently(kubeconfigPath);
  const { items } = await core.listNode({ labelSelector });
  return items.filter(isReady).length;
}

/** Runs `join` on the control plane; killed when disposed. */
export function startJoin(plane: ControlPlane, args: readonly string[]): HollowmarkProcess {
  return startHollowmark(["join", "--kubeconfig", plane.kubeconfigPath, ...args]);
}

/** Waits until something holds that takes others a while. */
export async function eventually(
  what: string,
  check: () => Promise<boolean>,
  deadlineMs = 60_000,
): Promise<void> {
  expect(await waitUntil(check, { deadlineMs, everyMs: 250 }), what).toBe(true);
}
