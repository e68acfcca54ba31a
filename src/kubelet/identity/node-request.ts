import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createCertificateRequest, requestLabel } from "../../k8s/pki/certificate-request.ts";
import type { Subject } from "../../k8s/pki/distinguished-name.ts";
import { encodePem } from "../../k8s/pki/pem.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import type { ToCreate } from "../../k8s/types/meta.ts";

/** A key on the curve P-256, and the request to sign it for a node. */
export interface NodeRequest {
  readonly keyPem: string;
  readonly object: ToCreate<CertificateSigningRequest>;
}

const signerName = "kubernetes.io/kube-apiserver-client-kubelet";
/** As for every key but RSA's, which also enciphers keys. */
const usages = ["digital signature", "client auth"] as const;

/**
 * A new key and the CertificateSigningRequest for it, as a kubelet makes them: the first one named
 * by a digest of what it asks for (`pkg/kubelet/certificate/bootstrap/bootstrap.go`), a renewal by
 * the API server (`client-go/util/certificate`). Keys are drawn by the operating system, whatever
 * the seed: they must not be guessed.
 */
export function createNodeRequest(nodeName: string, purpose: "first" | "renewal"): NodeRequest {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] };
  const pem = encodePem(requestLabel, createCertificateRequest(subject, keys));
  return {
    keyPem: keys.privateKey.export({ type: "sec1", format: "pem" }).toString(),
    object: {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata:
        purpose === "first"
          ? { name: digestedName(keys.publicKey, subject) }
          : { generateName: "csr-" },
      spec: { request: Buffer.from(pem).toString("base64"), signerName, usages },
    },
  };
}

/** `digestedName`: two requests have the same name only if they ask for the same. */
function digestedName(publicKey: KeyObject, { commonName, organizations }: Subject): string {
  const hash = createHash("sha512-256");
  const parts = [commonName, ...organizations, ...usages].map((part) => Buffer.from(part));
  for (const part of [publicKey.export({ type: "spki", format: "der" }), ...parts]) {
    hash.update(`${part.toString("base64url")}|`);
  }
  return `node-csr-${hash.digest("base64url")}`;
}
