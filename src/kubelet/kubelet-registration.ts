import { nodes } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Node, NodeStatus } from "../k8s/types/core.ts";
import { type KubeletParts, nodeFailure } from "./kubelet-parts.ts";
import { controllerAttachDetachAnnotation, defaultLabels, nodeObject } from "./node-object.ts";
import { nodePatch } from "./node-status-update.ts";
import { foreignNode } from "./own-node.ts";
import type { NodeFailure } from "./running-kubelet.ts";

/** One attempt of `tryRegisterWithAPIServer` (`pkg/kubelet/kubelet_node_status.go`). */
export type RegistrationAttempt =
  | { readonly kind: "registered" }
  | { readonly kind: "failed"; readonly failure: NodeFailure };

/**
 * Makes the Node, or sets right what a kubelet sets right on one that is there; one that belongs to
 * somebody else is left alone, and no other attempt can help.
 *
 * @throws the reason of the kubelet's signal
 */
export async function tryRegister(
  parts: KubeletParts,
  status: NodeStatus,
): Promise<RegistrationAttempt> {
  const { client, node, habits, untilEnd, signal } = parts;
  try {
    await client.create(nodes, nodeObject(node, habits.node, status), untilEnd);
    return { kind: "registered" };
  } catch (error) {
    if (signal.aborted) throw error;
    const mayExist =
      isApiError(error, "AlreadyExists") ||
      (habits.readsForbiddenNode && isApiError(error, "Forbidden"));
    if (!mayExist) return { kind: "failed", failure: nodeFailure(error) };
  }
  try {
    const found = await client.get(nodes, { name: node.name }, untilEnd);
    const message = foreignNode(node, found);
    if (message !== undefined) {
      return { kind: "failed", failure: { reason: "NodeNotOurs", message, final: true } };
    }
    await reconcile(parts, found);
    return { kind: "registered" };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "failed", failure: nodeFailure(error) };
  }
}

/** Labels and taints that its user wants stay as they were when the Node was made. */
async function reconcile({ client, node, habits, untilEnd }: KubeletParts, found: Node) {
  const annotation = controllerAttachDetachAnnotation;
  const wantsAnnotation = habits.node.controllerAttachDetach;
  const patch = nodePatch(found, {
    labels: defaultLabels(node),
    annotations: wantsAnnotation ? { [annotation]: "true" } : {},
    status: found.status ?? {},
  });
  const hasAnnotation = found.metadata.annotations?.[annotation] !== undefined;
  const removal =
    hasAnnotation && !wantsAnnotation ? { metadata: { annotations: { [annotation]: null } } } : {};
  const body = { ...patch, ...removal };
  if (Object.keys(body).length === 0) return;
  const type = "application/strategic-merge-patch+json";
  await client.patch(nodes, { name: node.name }, type, body, {
    ...untilEnd,
    subresource: "status",
  });
}
