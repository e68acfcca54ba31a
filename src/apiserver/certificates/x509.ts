import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { isIP } from "node:net";
import {
  derBitString,
  derContext,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derTime,
  derTrue,
} from "../../k8s/pki/der.ts";
import { encodeName, type Subject } from "../../k8s/pki/distinguished-name.ts";
import { encodePem } from "../../k8s/pki/pem.ts";

/** A certificate with its private key, both in PEM. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** What signs certificates. */
export interface Issuer {
  readonly subject: Subject;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export type CertificateUse =
  | { readonly kind: "ca" }
  /** `hosts` are the DNS names and IP addresses under which the server is reached. */
  | { readonly kind: "server"; readonly hosts: readonly string[] }
  | { readonly kind: "client" };

export interface CertificateRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly use: CertificateUse;
  readonly serial: Uint8Array;
  /** RFC 3339, whole seconds. */
  readonly notBefore: string;
  readonly notAfter: string;
}

const oid = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** A fresh key on the curve P-256. */
export function generateKeys(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

export function keyPem(privateKey: KeyObject): string {
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** An X.509 certificate (RFC 5280) in PEM, signed with ECDSA and SHA-256. */
export function signCertificate(request: CertificateRequest, issuer: Issuer): string {
  const algorithm = derSequence(derObjectIdentifier(oid.ecdsaWithSha256));
  const version3 = derContext(0, "explicit", derInteger(Buffer.from([2])));
  const content = derSequence(
    version3,
    derInteger(request.serial),
    algorithm,
    encodeName(issuer.subject),
    derSequence(derTime(request.notBefore), derTime(request.notAfter)),
    encodeName(request.subject),
    publicKeyInfo(request.publicKey),
    derContext(3, "explicit", derSequence(...extensionsOf(request, issuer))),
  );
  const signature = sign("sha256", content, issuer.privateKey);
  return encodePem("CERTIFICATE", derSequence(content, algorithm, derBitString(signature)));
}

function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/** Any name that differs between keys will do; RFC 5280 proposes a hash. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha256").update(publicKeyInfo(key)).digest().subarray(0, 20);
}

function extensionsOf({ use, publicKey }: CertificateRequest, issuer: Issuer): readonly Buffer[] {
  const common = [
    extension(oid.subjectKeyIdentifier, "plain", derOctetString(keyIdentifier(publicKey))),
    extension(
      oid.authorityKeyIdentifier,
      "plain",
      derSequence(derContext(0, "implicit", keyIdentifier(issuer.publicKey))),
    ),
  ];
  switch (use.kind) {
    case "ca":
      return [
        ...common,
        extension(oid.basicConstraints, "critical", derSequence(derTrue())),
        // Digital signature, key certificates, revocation lists: the bits 0, 5 and 6.
        extension(oid.keyUsage, "critical", derBitString(Buffer.from([0b1000_0110]), 1)),
      ];
    case "server":
      return [
        ...common,
        ...leafExtensions(oid.serverAuth),
        extension(oid.subjectAltName, "plain", derSequence(...use.hosts.map(alternativeName))),
      ];
    case "client":
      return [...common, ...leafExtensions(oid.clientAuth)];
  }
}

function leafExtensions(purpose: string): readonly Buffer[] {
  return [
    extension(oid.basicConstraints, "critical", derSequence()),
    extension(oid.keyUsage, "critical", derBitString(Buffer.from([0b1000_0000]), 7)),
    extension(oid.extendedKeyUsage, "plain", derSequence(derObjectIdentifier(purpose))),
  ];
}

function extension(type: string, weight: "critical" | "plain", value: Buffer): Buffer {
  return derSequence(
    derObjectIdentifier(type),
    ...(weight === "critical" ? [derTrue()] : []),
    derOctetString(value),
  );
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 0) return derContext(2, "implicit", Buffer.from(host, "ascii"));
  return derContext(7, "implicit", addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // An IPv4 address at the end, as in ::ffff:127.0.0.1, stands for two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = "", tail] = text.split("::");
  const groupsOf = (part: string): readonly string[] => (part === "" ? [] : part.split(":"));
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<string>(8 - before.length - after.length).fill("0");
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
