import type { Client } from "../../client/index.ts";
import { certificateSigningRequests } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";

/**
 * Approves a request, unless somebody has decided it meanwhile.
 *
 * @throws ApiError, TransportError
 */
export async function approveRequest(
  client: Client,
  request: CertificateSigningRequest,
  signal: AbortSignal,
): Promise<void> {
  const { name } = request.metadata;
  let current = request;
  for (;;) {
    const conditions = current.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === "Approved" || type === "Denied")) return;
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
      return;
    } catch (error) {
      // The cluster's own approver was faster, or the request was labelled: each makes it newer.
      if (!isApiError(error, "Conflict")) throw error;
    }
    current = await client.get(certificateSigningRequests, { name }, { signal });
  }
}
