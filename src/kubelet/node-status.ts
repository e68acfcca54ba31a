import type { Client } from "../client/index.ts";
import { nodes, objectPath } from "../k8s/resources.ts";
import { strategicPatchHeaders } from "./answers.ts";
import { nodeConditions } from "./node-object.ts";

/**
 * Posts the conditions of a healthy node (`pkg/kubelet/kubelet_node_status.go`): as a heartbeat
 * each 5 minutes, or because somebody has declared them Unknown.
 *
 * @returns the HTTP status of the answer. @throws TransportError
 */
export async function postNodeStatus(
  nodeName: string,
  what: "changed" | "heartbeat",
  client: Client,
  nowMs: number,
  signal: AbortSignal,
): Promise<number> {
  const response = await client.request({
    method: "PATCH",
    path: objectPath(nodes, { name: nodeName }, "status"),
    headers: strategicPatchHeaders,
    body: { kind: "object", value: { status: { conditions: nodeConditions(nowMs, what) } } },
    signal,
  });
  return response.status;
}
