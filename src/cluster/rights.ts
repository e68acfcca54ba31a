import type { Client } from "../client/index.ts";
import { isJsonObject } from "../k8s/json.ts";
import type { Resource } from "../k8s/resources.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { NodeAccessOptions } from "./control-plane.ts";

/** What somebody may do to objects of a kind. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** What somebody comes to a cluster for. */
export interface Purpose {
  /** What the user agent says after `hollowmark-`. */
  readonly name: string;
  readonly rights: readonly Right[];
}

const leases = "coordination.k8s.io";
const storage = "storage.k8s.io";
const certificates = "certificates.k8s.io";

const of = (group: string, resource: string, ...verbs: readonly string[]): readonly Right[] =>
  verbs.map((verb) => ({ verb, group, resource }));
const ofSubresource = (resource: string, subresource: string, verb: string): readonly Right[] => [
  { verb, group: "", resource, subresource },
];

const leaveRights: readonly Right[] = [
  ...of("", "nodes", "list", "delete"),
  ...of(leases, "leases", "list", "delete"),
  ...of(storage, "csinodes", "list", "delete"),
];

/** Removing a fleet. */
export const leavePurpose: Purpose = { name: "leave", rights: leaveRights };

/** Looking at fleets. */
export const statusPurpose: Purpose = {
  name: "status",
  rights: [...of("", "nodes", "list"), ...of(leases, "leases", "list"), ...of("", "pods", "list")],
};

/** What nodes take that share their watches. */
const nodeRights: readonly Right[] = [
  ...of("", "nodes", "create", "watch"),
  ...ofSubresource("nodes", "status", "patch"),
  ...of(leases, "leases", "create", "update"),
  ...of(storage, "csinodes", "create"),
  ...of("", "pods", "watch", "delete"),
  ...ofSubresource("pods", "status", "patch"),
];

/** What kubelets and proxies take beside that, when each is a client of its own. */
const ownWatchesRights: readonly Right[] = [
  ...of("", "pods", "get", "list"),
  ...of("", "services", "list", "watch"),
  ...of("", "configmaps", "list", "watch"),
  ...of("", "secrets", "list", "watch"),
  ...of("", "events", "create"),
  ...ofSubresource("serviceaccounts", "token", "create"),
  ...of(storage, "csinodes", "get"),
  ...of(storage, "csidrivers", "list", "watch"),
  ...of("node.k8s.io", "runtimeclasses", "list", "watch"),
  ...of("discovery.k8s.io", "endpointslices", "list", "watch"),
];

/** What it takes to be somebody else, who has rights of their own. */
const identityRights: Readonly<Record<NodeAccessOptions["identity"], readonly Right[]>> = {
  kubeconfig: [],
  impersonate: [...of("", "users", "impersonate"), ...of("", "groups", "impersonate")],
  bootstrap: of(certificates, "certificatesigningrequests", "create", "get", "list", "watch"),
};

/** Running a fleet, and removing it at the end. */
export function joinPurpose(
  identity: NodeAccessOptions["identity"],
  watches: "per-node" | "shared",
): Purpose {
  const ofNodes = watches === "shared" ? nodeRights : [...nodeRights, ...ownWatchesRights];
  const lock = of(leases, "leases", "create", "update");
  return {
    name: "join",
    rights:
      identity === "kubeconfig"
        ? [...ofNodes, ...leaveRights]
        : [...identityRights[identity], ...lock, ...leaveRights],
  };
}

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
 * Asks the server which of `rights` these credentials lack: `create nodes`, `patch nodes/status`.
 * Asked before anything is written, so that nothing is left half-done.
 *
 * @throws ApiError or TransportError
 */
export async function missingRights(
  client: Client,
  rights: readonly Right[],
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
