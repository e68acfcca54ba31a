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

/** What somebody means to do to a cluster. */
export type Purpose = "join" | "leave" | "status";

const leases = "coordination.k8s.io";
const storage = "storage.k8s.io";

/** What removing a fleet takes. */
const leaveRights: readonly Right[] = [
  { verb: "list", group: "", resource: "nodes" },
  { verb: "delete", group: "", resource: "nodes" },
  { verb: "list", group: leases, resource: "leases" },
  { verb: "delete", group: leases, resource: "leases" },
  { verb: "list", group: storage, resource: "csinodes" },
  { verb: "delete", group: storage, resource: "csinodes" },
];

/** What running one takes, its removal at the end among it. */
const joinRights: readonly Right[] = [
  { verb: "create", group: "", resource: "nodes" },
  { verb: "watch", group: "", resource: "nodes" },
  { verb: "patch", group: "", resource: "nodes", subresource: "status" },
  { verb: "create", group: leases, resource: "leases" },
  { verb: "update", group: leases, resource: "leases" },
  { verb: "create", group: storage, resource: "csinodes" },
  { verb: "watch", group: "", resource: "pods" },
  { verb: "delete", group: "", resource: "pods" },
  { verb: "patch", group: "", resource: "pods", subresource: "status" },
  ...leaveRights,
];

/** What looking at fleets takes. */
const statusRights: readonly Right[] = [
  { verb: "list", group: "", resource: "nodes" },
  { verb: "list", group: leases, resource: "leases" },
  { verb: "list", group: "", resource: "pods" },
];

const rightsFor: Readonly<Record<Purpose, readonly Right[]>> = {
  join: joinRights,
  leave: leaveRights,
  status: statusRights,
};

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
 * Asks the server which rights for `purpose` these credentials lack: `create nodes`,
 * `patch nodes/status`. Asked before anything is written, so that nothing is left half-done.
 *
 * @throws ApiError or TransportError
 */
export async function missingRights(
  client: Client,
  purpose: Purpose,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const rights = rightsFor[purpose];
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
