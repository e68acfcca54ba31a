import type { Env } from "../../base/env.ts";
import type { Client } from "../../client/index.ts";
import { certificateSigningRequests } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";

/** Approves the requests of the nodes of one fleet. */
export interface Approver {
  /** @throws ApiError, TransportError, or the reason of `signal` */
  approve(request: CertificateSigningRequest, signal: AbortSignal): Promise<void>;
}

/**
 * An approver with the rights of `client`: to update `certificatesigningrequests/approval`, and to
 * approve for the signer `kubernetes.io/kube-apiserver-client-kubelet`. Where it lacks them it says
 * so once, and the requests wait for whoever has them.
 */
export function createApprover(client: Client, { log }: Pick<Env, "log">): Approver {
  let mayApprove = true;
  return {
    async approve(request, signal) {
      if (!mayApprove) return;
      try {
        await approveRequest(client, request, signal);
      } catch (error) {
        if (!isApiError(error, "Forbidden")) throw error;
        if (mayApprove) {
          log.warn("These credentials may not approve certificates; waiting for who may", {
            error,
          });
        }
        mayApprove = false;
      }
    },
  };
}

/** Unless somebody has decided it meanwhile. */
async function approveRequest(
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
