import type { Client } from "../../client/index.ts";
import { certificateSigningRequests } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";

/**
 * Approves a request, unless somebody has decided it meanwhile.
 *
 * @returns whether it is decided; false where `client` may not do that
 * @throws ApiError, TransportError
 */
export async function approveRequest(
  client: Client,
  request: CertificateSigningRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const { name } = request.metadata;
  let current = request;
  for (;;) {
    const conditions = current.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === "Approved" || type === "Denied")) return true;
    const condition = {
      type: "Approved",
      status: "True",
      reason: "HollowmarkApproved",
      message: "Approved by the fleet that the node belongs to.",
    } as const;
    const status = { ...current.status, conditions: [...conditions, condition] };
    const options = { subresource: "approval", signal };
    try {
      await client.update(certificateSigningRequests, { ...current, status }, options);
      return true;
    } catch (error) {
      if (isApiError(error, "Forbidden")) return false;
      // The cluster's own approver was faster, or the request was labelled: each makes it newer.
      if (!isApiError(error, "Conflict")) throw error;
    }
    current = await client.get(certificateSigningRequests, { name }, { signal });
  }
}
