import type { Client } from "../../client/index.ts";
import type { Resource } from "../../k8s/resources.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import type { KubeObject } from "../../k8s/types/meta.ts";

interface AccessReview extends KubeObject {
  readonly spec: object;
  readonly status?: { readonly allowed: boolean };
}

const subjectAccessReviews: Resource<AccessReview> = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "subjectaccessreviews",
  kind: "SubjectAccessReview",
  namespaced: false,
};

/** Whether who made the request may create `certificatesigningrequests/SUBRESOURCE`. */
export async function isUserAllowed(
  client: Client,
  { spec }: CertificateSigningRequest,
  subresource: string,
): Promise<boolean> {
  const { username: user, uid, groups } = spec;
  const resourceAttributes = {
    group: "certificates.k8s.io",
    resource: "certificatesigningrequests",
    verb: "create",
    version: "*",
    subresource,
  };
  const { status } = await client.create(subjectAccessReviews, {
    apiVersion: "authorization.k8s.io/v1",
    kind: subjectAccessReviews.kind,
    metadata: {},
    spec: { user, uid, groups, resourceAttributes },
  });
  return status?.allowed === true;
}
