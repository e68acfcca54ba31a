import type { Client } from "../../client/index.ts";
import { certificateSigningRequests } from "../../k8s/resources.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import { isUserAllowed } from "./access-review.ts";
import { startCsrLoop } from "./csr-loop.ts";
import { kubeletClientKind } from "./signers.ts";

const messages = {
  selfnodeclient: "Auto approving self kubelet client certificate after SubjectAccessReview.",
  nodeclient: "Auto approving kubelet client certificate after SubjectAccessReview.",
} as const;

/**
 * Approves requests for client certificates of kubelets, if who asks may create
 * `certificatesigningrequests/nodeclient` (or `selfnodeclient`, for itself). Follows
 * `pkg/controller/certificates/approver/sarapprove.go`; serving certificates are approved by people.
 */
export function startCsrApprovingController(context: ControllerContext): RunningController {
  const { client } = context;
  return startCsrLoop("certificatesigningrequest-approving-controller", context, async (csr) => {
    if (csr.status?.certificate !== undefined || isDecided(csr)) return;
    const kind = kubeletClientKind(csr);
    if (kind === undefined || !(await isUserAllowed(client, csr, kind))) return;
    await approve(client, csr, messages[kind]);
  });
}

function isDecided({ status }: CertificateSigningRequest): boolean {
  return (status?.conditions ?? []).some(({ type }) => type === "Approved" || type === "Denied");
}

async function approve(
  client: Client,
  csr: CertificateSigningRequest,
  message: string,
): Promise<void> {
  const condition = { type: "Approved", status: "True", reason: "AutoApproved", message } as const;
  const conditions = [...(csr.status?.conditions ?? []), condition];
  await client.update(
    certificateSigningRequests,
    { ...csr, status: { ...csr.status, conditions } },
    { subresource: "approval" },
  );
}
