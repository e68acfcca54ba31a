import type { Env } from "../../base/env.ts";
import { toTime } from "../../base/rfc3339.ts";
import type { CertificateSigner, CertificateToSign } from "../../k8s/pki/certificate-signer.ts";
import type { Subject } from "../../k8s/pki/distinguished-name.ts";
import type { UserInfo } from "../../k8s/transport.ts";
import {
  type CertificateUse,
  generateKeys,
  type Issuer,
  type KeyPair,
  keyPem,
  signCertificate,
} from "./x509.ts";

export interface ClusterCertificatesOptions {
  /** DNS names and IP addresses under which the server is reached, beside those of a cluster. */
  readonly hosts?: readonly string[];
  /** How long certificates are good for. Default 365 days, as kubeadm's. */
  readonly validForDays?: number;
}

/** An authority of its own for one cluster, and what it has signed. */
export interface ClusterCertificates {
  /** The authority's certificate, which both sides trust. */
  readonly caPem: string;
  /** What the API server shows. */
  readonly serving: KeyPair;
  /** A client certificate of that user: the name is its CN, the groups are its Os. */
  issueClient(user: UserInfo): KeyPair;
  /** Signs what others have made the keys of: for as long as they ask, at most `validForDays`. */
  readonly sign: CertificateSigner;
}

/** The user of an administrator, who may do everything in any Kubernetes cluster. */
export const adminUser: UserInfo = { name: "kubernetes-admin", groups: ["system:masters"] };

/** The names by which pods would reach the API server, and the local ones. */
const usualHosts = [
  "localhost",
  "127.0.0.1",
  "::1",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
] as const;

type SignRequest = Omit<CertificateToSign, "use"> & { readonly use: CertificateUse };

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Keys are drawn by the operating system, whatever the seed: they must not be guessed. */
export function createClusterCertificates(
  { hosts = [], validForDays = 365 }: ClusterCertificatesOptions,
  { clock, random }: Pick<Env, "clock" | "random">,
): ClusterCertificates {
  const validMaxMs = validForDays * dayMs;
  const authority: Issuer = {
    subject: { commonName: "hollowmark-ca", organizations: [] },
    ...generateKeys(),
  };
  const sign = (request: SignRequest): string => {
    const { subject, use, publicKey, validForMs = validMaxMs } = request;
    const serial = Buffer.from(random.uuid().replaceAll("-", ""), "hex");
    const nowMs = clock.nowMs();
    // Clocks of other machines may be a little behind.
    const notBefore = toTime(nowMs - hourMs);
    const notAfter = toTime(nowMs + Math.min(validForMs, validMaxMs));
    return signCertificate({ subject, use, publicKey, serial, notBefore, notAfter }, authority);
  };
  const issue = (subject: Subject, use: CertificateUse, keys = generateKeys()): KeyPair => ({
    certPem: sign({ subject, use, publicKey: keys.publicKey }),
    keyPem: keyPem(keys.privateKey),
  });
  return {
    caPem: issue(authority.subject, { kind: "ca" }, authority).certPem,
    serving: issue(
      { commonName: "kube-apiserver", organizations: [] },
      { kind: "server", hosts: [...new Set([...usualHosts, ...hosts])] },
    ),
    sign,
    issueClient: ({ name, groups }) =>
      issue({ commonName: name, organizations: groups }, { kind: "client" }),
  };
}
