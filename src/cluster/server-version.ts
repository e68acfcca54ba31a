import type { Client } from "../client/index.ts";
import { isJsonObject } from "../k8s/json.ts";
import type { ApiResponse } from "../k8s/transport.ts";
import { ControlPlaneError } from "./control-plane.ts";

/**
 * What the server calls itself: the `gitVersion` of `/version`.
 *
 * @throws ControlPlaneError when what answers is no Kubernetes API server; TransportError
 */
export async function readServerVersion(
  client: Client,
  server: string,
  signal?: AbortSignal,
): Promise<string> {
  const request = { method: "GET", path: "/version" } as const;
  const response = await client.request(signal === undefined ? request : { ...request, signal });
  if (response.status === 401) {
    throw new ControlPlaneError(`${server}: the server refuses the credentials`);
  }
  const answer = bodyOf(response);
  const version = isJsonObject(answer) ? answer["gitVersion"] : undefined;
  if (response.status === 200 && typeof version === "string") return version;
  const found = `HTTP ${response.status} without a version`;
  throw new ControlPlaneError(`${server}: expected a Kubernetes API server, found ${found}`);
}

function bodyOf({ body }: ApiResponse): unknown {
  if (body.kind === "object") return body.value;
  if (body.kind !== "bytes") return undefined;
  try {
    return JSON.parse(Buffer.from(body.bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
