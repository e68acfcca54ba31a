import { createHash, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createCertificateRequest, parseCertificateRequest } from "./certificate-request.ts";
import { DerError } from "./der-reader.ts";
import { decodePem, encodePem } from "./pem.ts";

const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** Of `openssl req -new`, with `-addext subjectAltName=DNS:node-1,IP:10.0.0.7`. */
const opensslRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIIBFTCBvAIBADAwMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFzAVBgNVBAMMDnN5
c3RlbTpub2RlOm4xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfy3vPhpPJ9aw
VQUo1dzU83SUWR6WO4jSDV64NfGvwsHfeGdbZnl/7i4bEMF+FkDgF9ODVNdF41Yk
45SD/S4+PaAqMCgGCSqGSIb3DQEJDjEbMBkwFwYDVR0RBBAwDoIGbm9kZS0xhwQK
AAAHMAoGCCqGSM49BAMCA0gAMEUCIBjBZTw+rH5Xb65KTC1FvR94XaOnZ/Hv5Anc
9KYSVoZ6AiEAuauvhqHh0a2/zS6Uh70HG9uoNGFgbu5yR+dYTT4BLdA=
-----END CERTIFICATE REQUEST-----`;
const rsaRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIICdTCCAV0CAQAwMDEVMBMGA1UECgwMc3lzdGVtOm5vZGVzMRcwFQYDVQQDDA5z
eXN0ZW06bm9kZTpuMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAKqi
W3xARC6tE8IrkqLBLHowFeW8/ahhfQJORkkGRnG0IMTtiQEPglSgFDnSMsWq44Mk
USh1hEUfrCm8ZXHO7mHBc7fCjEgVGGNtSFSwOS3lz1fbpPgNIlR/9H6xWiWg/05+
IbKRBc1+KydnFWjv+o/vEt3ZTqfyv/VcmbY7mt2+VISLkeBkPu/lgXnqd94abkxr
bFEb/pb2Xva8y1at9EtuZJ7EDFwhG14n4SFvmslbRfQFqW5KRZFufRAeD93ZiBZZ
vpDmfC5Rgzt7h9Apt4UalzRpVF16iNq//QT6J2DMqtGr6Rqj9OR5SHWYtWOphBl/
O0k/5/Qcy/orbQOec+cCAwEAAaAAMA0GCSqGSIb3DQEBCwUAA4IBAQAc/RS9sLfn
TV2Xc8BEtT+PUUv1RdNmV+nUoGUOYBmZYg409/I5g8dnGVMMCeQNyPYoXz6klq1C
yOmvT74hYGz/rOyIqKT5+YgkFtRbIVSFTI3TzvAvAPK8D/FBmxKLdQmZQ3OxAkU7
7Z42LbagWF+/6mJMwzkGyDQqKwEpF/TgTLiQ5oF5/9g2xZigrQBjn07QCZxP9hYT
LiaJ/6L4XiJ9ERWf7UgVAbFt0cX+oVacXTStR4NbahznVW5iODwZjIwVGtQGKs/T
sjTBV1g9Ip6Qd9fYToGPlpTin8ZB4wKo+d1OemJrftivM8wAk5VCOgwEEiEz3ViC
cHBiAXzXiO0Y
-----END CERTIFICATE REQUEST-----`;

test("what is written is read again", () => {
  const subjects = fc.record({
    commonName: fc.string({ unit: "grapheme", minLength: 1 }),
    organizations: fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(subjects, (subject) => {
      const parsed = parseCertificateRequest(createCertificateRequest(subject, keys));
      expect(parsed.subject).toEqual(subject);
      expect(parsed.publicKey.equals(keys.publicKey)).toBe(true);
      expect(parsed).toMatchObject({ dnsNames: [], addresses: [], otherNames: 0 });
    }),
    { numRuns: 50 },
  );
});

test.each([
  {
    name: "with alternative names",
    text: opensslRequest,
    dnsNames: ["node-1"],
    addresses: ["10.0.0.7"],
  },
  { name: "with an RSA key", text: rsaRequest, dnsNames: [], addresses: [] },
])("reads a request of OpenSSL $name", ({ text, dnsNames, addresses }) => {
  const [block] = decodePem(text);
  if (block === undefined) expect.unreachable();
  expect(block.label).toBe("CERTIFICATE REQUEST");
  const parsed = parseCertificateRequest(block.bytes);
  expect(parsed.subject).toEqual({ commonName: "system:node:n1", organizations: ["system:nodes"] });
  expect(parsed).toMatchObject({ dnsNames, addresses, otherNames: 0 });
});

test("no bytes but those of a request are taken for one, and none does harm", () => {
  const whole = createCertificateRequest({ commonName: "a", organizations: [] }, keys);
  const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, end) => {
      const changed = Buffer.from(whole);
      changed[at] = value;
      const bytes = changed.subarray(0, Math.max(1, end));
      if (digestOf(bytes) === digestOf(whole)) return;
      expect(() => parseCertificateRequest(bytes)).toThrow();
    }),
  );
  expect(() => parseCertificateRequest(Buffer.from("hello"))).toThrow(DerError);
});

test("PEM comes back as it was", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const [block] = decodePem(`before\n${encodePem("A B", bytes)}after`);
      expect(Buffer.from(block?.bytes ?? [])).toEqual(Buffer.from(bytes));
      expect(block?.label).toBe("A B");
    }),
  );
});
