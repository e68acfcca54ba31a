import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createTestEnv } from "../../base/test-env.ts";
import { adminUser, createClusterCertificates } from "./cluster-certificates.ts";

const certificates = createClusterCertificates(
  { hosts: ["10.96.0.1", "fd00::1"] },
  createTestEnv(),
);
const ca = new X509Certificate(certificates.caPem);

test("the authority signs itself", () => {
  expect(ca.ca).toBe(true);
  expect(ca.verify(ca.publicKey)).toBe(true);
  expect(ca.checkIssued(ca)).toBe(true);
});

test.each(["localhost", "kubernetes.default.svc"])("the server is known as %s", (host) => {
  expect(new X509Certificate(certificates.serving.certPem).checkHost(host)).toBe(host);
});

test.each(["127.0.0.1", "::1", "10.96.0.1", "fd00::1"])("the server is known at %s", (address) => {
  expect(new X509Certificate(certificates.serving.certPem).checkIP(address)).toBe(address);
});

test("a name that was not asked for is not the server's", () => {
  expect(new X509Certificate(certificates.serving.certPem).checkHost("example.com")).toBe(
    undefined,
  );
});

test("a client certificate says the user and the groups", () => {
  const { certPem, keyPem } = certificates.issueClient({
    ...adminUser,
    groups: [...adminUser.groups, "café"],
  });
  const certificate = new X509Certificate(certPem);
  expect(certificate.subject).toBe("O=system:masters\nO=café\nCN=kubernetes-admin");
  expect(certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.checkIssued(ca)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  expect(certificate.validFrom).toBe("Dec 31 23:00:00 2025 GMT");
  expect(certificate.validTo).toBe("Jan  1 00:00:00 2027 GMT");
});

test("two certificates have two serial numbers", () => {
  const serials = [1, 2].map(
    () => new X509Certificate(certificates.issueClient(adminUser).certPem).serialNumber,
  );
  expect(serials[0]).not.toBe(serials[1]);
});

test("certificates may last past 2050", () => {
  const { caPem } = createClusterCertificates({ validForDays: 36_500 }, createTestEnv());
  expect(new X509Certificate(caPem).validTo).toBe("Dec  8 00:00:00 2125 GMT");
});
