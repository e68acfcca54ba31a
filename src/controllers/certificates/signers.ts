import { type ParsedRequest, parseCertificateRequest } from "../../k8s/pki/certificate-request.ts";
import type { CertificateToSign } from "../../k8s/pki/certificate-signer.ts";
import { DerError } from "../../k8s/pki/der-reader.ts";
import { decodePem } from "../../k8s/pki/pem.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";

export const kubeletClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";

/** Why a signer refuses a request, in the words of upstream. */
export interface Refusal {
  readonly kind: "refused";
  readonly why: string;
}

type Verdict = { readonly kind: "good"; readonly use: CertificateToSign["use"] } | Refusal;
type Check = (request: ParsedRequest, usages: ReadonlySet<string>) => Verdict;

/** The signers that kube-controller-manager is for (`pkg/apis/certificates/helpers.go`). */
const signers: Readonly<Record<string, Check>> = {
  [kubeletClientSigner]: checkKubeletClient,
  "kubernetes.io/kubelet-serving": checkKubeletServing,
  "kubernetes.io/kube-apiserver-client": checkClient,
};

/** What is to be signed, or why it is not; undefined if the signer is somebody else. */
export function decideSigning({
  spec,
}: Pick<CertificateSigningRequest, "spec">): CertificateToSign | Refusal | undefined {
  const check = signers[spec.signerName];
  if (check === undefined) return undefined;
  const parsed = parseRequest(spec.request);
  if ("kind" in parsed) return parsed;
  const verdict = check(parsed, new Set(spec.usages));
  if (verdict.kind === "refused") return verdict;
  const { subject, publicKey } = parsed;
  const { expirationSeconds } = spec;
  return {
    subject,
    publicKey,
    use: verdict.use,
    ...(expirationSeconds === undefined ? {} : { validForMs: expirationSeconds * 1_000 }),
  };
}

/** Of a request for the client certificate of a kubelet: whether it asks for itself. */
export function kubeletClientKind({
  spec,
}: Pick<CertificateSigningRequest, "spec">): "selfnodeclient" | "nodeclient" | undefined {
  if (spec.signerName !== kubeletClientSigner) return undefined;
  const parsed = parseRequest(spec.request);
  if ("kind" in parsed) return undefined;
  if (checkKubeletClient(parsed, new Set(spec.usages)).kind === "refused") return undefined;
  return parsed.subject.commonName === spec.username ? "selfnodeclient" : "nodeclient";
}

function parseRequest(base64: string): ParsedRequest | Refusal {
  const [block] = decodePem(Buffer.from(base64, "base64").toString());
  try {
    return parseCertificateRequest(block?.bytes ?? new Uint8Array());
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return refused(`unable to parse csr: ${error.message}`);
  }
}

function checkKubeletClient(request: ParsedRequest, usages: ReadonlySet<string>): Verdict {
  const why = nodeNameFault(request);
  if (why !== undefined) return refused(why);
  if (request.dnsNames.length > 0) return refused("DNS subjectAltNames are not allowed");
  if (request.addresses.length > 0) return refused("IP subjectAltNames are not allowed");
  if (request.otherNames > 0) return refused("Email and URI subjectAltNames are not allowed");
  return hasUsages(usages, "client auth")
    ? { kind: "good", use: { kind: "client" } }
    : refused("usages did not match");
}

function checkKubeletServing(request: ParsedRequest, usages: ReadonlySet<string>): Verdict {
  const why = nodeNameFault(request);
  if (why !== undefined) return refused(why);
  const hosts = [...request.dnsNames, ...request.addresses];
  if (hosts.length === 0) return refused("DNS or IP subjectAltName is required");
  if (request.otherNames > 0) return refused("Email and URI subjectAltNames are not allowed");
  return hasUsages(usages, "server auth")
    ? { kind: "good", use: { kind: "server", hosts } }
    : refused("usages did not match");
}

function checkClient(_: ParsedRequest, usages: ReadonlySet<string>): Verdict {
  return hasUsages(usages, "client auth", "optional")
    ? { kind: "good", use: { kind: "client" } }
    : refused("usages did not match");
}

function nodeNameFault({ subject }: ParsedRequest): string | undefined {
  const [organization, ...others] = subject.organizations;
  if (organization !== "system:nodes" || others.length > 0) {
    return 'subject organization is not "system:nodes"';
  }
  const prefix = "system:node:";
  return subject.commonName.startsWith(prefix)
    ? undefined
    : `subject common name does not begin with "${prefix}"`;
}

/** That purpose, digital signatures, and perhaps the encipherment of keys, which only RSA needs. */
function hasUsages(
  usages: ReadonlySet<string>,
  purpose: string,
  signature: "required" | "optional" = "required",
): boolean {
  const allowed = [purpose, "digital signature", "key encipherment"];
  if (![...usages].every((usage) => allowed.includes(usage)) || !usages.has(purpose)) return false;
  return signature === "optional" || usages.has("digital signature");
}

function refused(why: string): Refusal {
  return { kind: "refused", why };
}
