import type { Env } from "../base/env.ts";
import type { Client } from "../client/index.ts";
import { csiNodes, nodes } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Node, NodeStatus } from "../k8s/types/core.ts";
import { csiNodeObject, nodeObject, readyStatus } from "./node-object.ts";
import { fleetLabel, type NodeIdentity } from "./node-template.ts";
import { foreignNode } from "./own-node.ts";

export type Registration =
  /** The Node is ours now: made, or found with the label of our fleet. */
  | { readonly kind: "created" | "adopted"; readonly node: Node }
  /** A node of that name is there and not ours; nothing was touched. */
  | { readonly kind: "foreign"; readonly message: string };

/**
 * Makes a node known to the API server, in one request if nothing of that name exists.
 *
 * @param known the Node, when it is known to exist
 * @throws ApiError or TransportError: nothing is retried here.
 */
export async function registerNode(
  node: NodeIdentity,
  known: Node | undefined,
  client: Client,
  env: Pick<Env, "clock" | "random">,
  signal: AbortSignal,
): Promise<Registration> {
  if (known !== undefined) return adoptNode(node, known, client, env, signal);
  try {
    const object = nodeObject(node, node.template.habits.node, statusOf(node, env));
    return { kind: "created", node: await client.create(nodes, object, { signal }) };
  } catch (error) {
    if (!isApiError(error, "AlreadyExists")) throw error;
  }
  const found = await client.get(nodes, { name: node.name }, { signal });
  return adoptNode(node, found, client, env, signal);
}

/**
 * A Node of our fleet is what an earlier run left: it is given the status that a new one would
 * have. Its labels and taints stay as they are, as with a kubelet that is started again.
 */
async function adoptNode(
  node: NodeIdentity,
  found: Node,
  client: Client,
  env: Pick<Env, "clock" | "random">,
  signal: AbortSignal,
): Promise<Registration> {
  const message = foreignNode(node, found);
  if (message !== undefined) return { kind: "foreign", message };
  const patch = { metadata: { uid: found.metadata.uid }, status: statusOf(node, env) };
  const patched = await client.patch(
    nodes,
    { name: node.name },
    "application/strategic-merge-patch+json",
    patch,
    { subresource: "status", signal },
  );
  return { kind: "adopted", node: patched };
}

function statusOf(node: NodeIdentity, env: Pick<Env, "clock" | "random">): NodeStatus {
  const random = env.random.stream(`node/${node.name}`);
  return readyStatus(node, node.template.habits.node, random, env.clock.nowMs());
}

/**
 * Makes the CSINode of a registered node. A kubelet is not Ready before it has done so; since
 * nothing but schedulers with CSI volumes asks for it, and takes its absence for "no limits", it may
 * as well come later.
 *
 * @throws ApiError or TransportError
 */
export async function ensureCsiNode(
  node: NodeIdentity,
  nodeUid: string,
  client: Client,
  signal: AbortSignal,
): Promise<void> {
  try {
    const labels = { [fleetLabel]: node.template.fleet };
    await client.create(csiNodes, csiNodeObject(node.name, nodeUid, { labels }), { signal });
  } catch (error) {
    // One that an earlier run left is as good; that of a deleted Node goes with its owner, and a
    // kubelet does not bring it back either.
    if (!isApiError(error, "AlreadyExists")) throw error;
  }
}
