import { certificateSigningRequests } from "../../k8s/resources.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import { startCsrLoop } from "./csr-loop.ts";
import { decideSigning } from "./signers.ts";

/**
 * Signs what was approved, for the signers that belong to the cluster itself. Follows
 * `pkg/controller/certificates/signer/signer.go`.
 */
export function startCsrSigningController(context: ControllerContext): RunningController {
  const { client, options } = context;
  const { signCertificate } = options;
  return startCsrLoop("certificatesigningrequest-signing-controller", context, async (csr) => {
    if (signCertificate === undefined || !waitsForSigner(csr)) return;
    const decision = decideSigning(csr);
    if (decision === undefined) return;
    const status =
      "kind" in decision
        ? withFailure(csr, decision.why)
        : { ...csr.status, certificate: toBase64(signCertificate(decision)) };
    const subresource = { subresource: "status" };
    await client.update(certificateSigningRequests, { ...csr, status }, subresource);
  });
}

function waitsForSigner({ status }: CertificateSigningRequest): boolean {
  const types = (status?.conditions ?? []).map(({ type }) => type);
  if ((status?.certificate ?? "") !== "") return false;
  return types.includes("Approved") && !types.includes("Denied") && !types.includes("Failed");
}

function withFailure(
  { status }: CertificateSigningRequest,
  message: string,
): NonNullable<CertificateSigningRequest["status"]> {
  const reason = "SignerValidationFailure";
  const condition = { type: "Failed", status: "True", reason, message } as const;
  return { ...status, conditions: [...(status?.conditions ?? []), condition] };
}

function toBase64(pem: string): string {
  return Buffer.from(pem).toString("base64");
}
