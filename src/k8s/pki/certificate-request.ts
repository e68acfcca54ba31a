import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { derBitString, derContext, derInteger, derObjectIdentifier, derSequence } from "./der.ts";
import { DerError, type DerValue, readDerValues, readObjectIdentifier } from "./der-reader.ts";
import { encodeName, nameAttributes, type Subject } from "./distinguished-name.ts";

/** What a PKCS#10 request (RFC 2986) asks to have signed. */
export interface ParsedRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  /** The alternative names that it asks for. */
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  /** How many that are neither: mail addresses, URIs. */
  readonly otherNames: number;
}

export const requestLabel = "CERTIFICATE REQUEST";

const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
/** The digests of signatures, by their object identifier; Ed25519 has one of its own. */
const digests: Readonly<Record<string, string | null>> = {
  [ecdsaWithSha256]: "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.3.101.112": null,
};
const extensionRequest = "1.2.840.113549.1.9.14";
const subjectAltName = "2.5.29.17";
const tags = { attributes: 0xa0, dnsName: 0x82, address: 0x87 } as const;

/** A request in DER for that name, signed with ECDSA and SHA-256 by the key that it names. */
export function createCertificateRequest(
  subject: Subject,
  keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): Buffer {
  const content = derSequence(
    derInteger(Buffer.from([0])),
    encodeName(subject),
    keys.publicKey.export({ type: "spki", format: "der" }),
    derContext(0, "explicit", Buffer.alloc(0)),
  );
  const signature = sign("sha256", content, keys.privateKey);
  const algorithm = derSequence(derObjectIdentifier(ecdsaWithSha256));
  return derSequence(content, algorithm, derBitString(signature));
}

/**
 * Reads a request in DER, and makes sure that who asks holds the key.
 *
 * @throws DerError for what is none, and for a signature that is wrong or of a kind long out of use.
 */
export function parseCertificateRequest(der: Uint8Array): ParsedRequest {
  const [content, algorithm, signature] = members(only(readDerValues(der)));
  const [, name, keyInfo, attributes] = members(content);
  if (keyInfo === undefined || signature === undefined) throw new DerError("no PKCS#10 request");
  const [oid] = members(algorithm);
  const digest = digests[readObjectIdentifier(oid?.content ?? new Uint8Array())];
  if (digest === undefined) throw new DerError("a signature of an unknown kind");
  const publicKey = keyOf(keyInfo);
  const signed = content?.encoded ?? new Uint8Array();
  if (!verify(digest, signed, publicKey, signature.content.subarray(1))) {
    throw new DerError("a signature that is not of the key");
  }
  const names = attributes?.tag === tags.attributes ? alternativeNames(attributes) : [];
  const dnsNames = names.filter(({ tag }) => tag === tags.dnsName);
  const addresses = names.filter(({ tag }) => tag === tags.address);
  return {
    subject: nameAttributes(name),
    publicKey,
    dnsNames: dnsNames.map((value) => Buffer.from(value.content).toString("latin1")),
    addresses: addresses.map((value) => addressText(value.content)),
    otherNames: names.length - dnsNames.length - addresses.length,
  };
}

/** Of 4 or of 16 bytes. */
function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new DerError("an address of neither 4 nor 16 bytes");
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return groups.join(":");
}

function keyOf({ encoded }: DerValue): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(encoded), format: "der", type: "spki" });
  } catch (cause) {
    throw new DerError("a key that cannot be read", { cause });
  }
}

function alternativeNames(attributes: DerValue): readonly DerValue[] {
  for (const attribute of members(attributes)) {
    const [type, values] = members(attribute);
    if (type === undefined || readObjectIdentifier(type.content) !== extensionRequest) continue;
    for (const extension of members(members(values)[0])) {
      const parts = members(extension);
      const [id] = parts;
      if (id === undefined || readObjectIdentifier(id.content) !== subjectAltName) continue;
      const value = parts.at(-1);
      if (value !== undefined) return members(only(readDerValues(value.content)));
    }
  }
  return [];
}

function members(value: DerValue | undefined): readonly DerValue[] {
  return value === undefined ? [] : readDerValues(value.content);
}

function only(values: readonly DerValue[]): DerValue {
  const [value, ...others] = values;
  if (value === undefined || others.length > 0) throw new DerError("not one value");
  return value;
}
