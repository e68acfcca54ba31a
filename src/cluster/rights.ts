import type { Client } from "../client/index.ts";
import { isJsonObject } from "../k8s/json.ts";
import type { Resource } from "../k8s/resources.ts";
import type { KubeObject } from "../k8s/types/meta.ts";

interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** What a fleet does to a cluster. */
const rights: readonly Right[] = [
  { verb: "create", group: "", resource: "nodes" },
  { verb: "delete", group: "", resource: "nodes" },
  { verb: "watch", group: "", resource: "nodes" },
  { verb: "patch", group: "", resource: "nodes", subresource: "status" },
  { verb: "create", group: "coordination.k8s.io", resource: "leases" },
  { verb: "update", group: "coordination.k8s.io", resource: "leases" },
  { verb: "delete", group: "coordination.k8s.io", resource: "leases" },
  { verb: "create", group: "storage.k8s.io", resource: "csinodes" },
  { verb: "delete", group: "storage.k8s.io", resource: "csinodes" },
  { verb: "watch", group: "", resource: "pods" },
  { verb: "delete", group: "", resource: "pods" },
  { verb: "patch", group: "", resource: "pods", subresource: "status" },
];

interface AccessReview extends KubeObject {
  readonly spec: { readonly resourceAttributes: object };
  readonly status?: { readonly allowed: boolean };
}

const accessReviews: Resource<AccessReview> = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "selfsubjectaccessreviews",
  kind: "SelfSubjectAccessReview",
  namespaced: false,
};

/**
 * Asks the server which of a fleet's rights these credentials lack: `create nodes`,
 * `patch nodes/status`. Asked before anything is written, so that nothing is left half-done.
 *
 * @throws ApiError or TransportError
 */
export async function missingRights(
  client: Client,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answers = await Promise.all(rights.map((right) => isAllowed(client, right, signal)));
  return rights.filter((_, index) => answers[index] !== true).map(describe);
}

async function isAllowed(client: Client, right: Right, signal: AbortSignal): Promise<boolean> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: accessReviews.kind,
    metadata: {},
    spec: { resourceAttributes: right },
  };
  const { status } = await client.create(accessReviews, review, { signal });
  return isJsonObject(status) && status["allowed"] === true;
}

function describe({ verb, group, resource, subresource }: Right): string {
  const name = group === "" ? resource : `${resource}.${group}`;
  return `${verb} ${name}${subresource === undefined ? "" : `/${subresource}`}`;
}
