import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createClusterCertificates } from "../../apiserver/index.ts";
import { createTestEnv } from "../../base/test-env.ts";
import { createCertificateRequest, requestLabel } from "../../k8s/pki/certificate-request.ts";
import { encodePem } from "../../k8s/pki/pem.ts";
import { validityOf } from "../../k8s/pki/validity.ts";
import { certificateSigningRequests } from "../../k8s/resources.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import { type Plane, startPlane } from "../controllers.fixture.ts";
import { decideSigning, kubeletClientKind, kubeletClientSigner } from "./signers.ts";

const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const node = { commonName: "system:node:n1", organizations: ["system:nodes"] };

type Spec = CertificateSigningRequest["spec"];

function specOf(subject = node, others: Partial<Spec> = {}): Spec {
  const pem = encodePem(requestLabel, createCertificateRequest(subject, keys));
  return {
    request: Buffer.from(pem).toString("base64"),
    signerName: kubeletClientSigner,
    usages: ["digital signature", "client auth"],
    ...others,
  };
}

const only = [
  "certificatesigningrequest-approving-controller",
  "certificatesigningrequest-signing-controller",
  "certificatesigningrequest-cleaner-controller",
] as const;

async function startSigning(): Promise<{ readonly plane: Plane; readonly caPem: string }> {
  const { caPem, sign } = createClusterCertificates({}, createTestEnv());
  return { plane: await startPlane({ only, signCertificate: sign }), caPem };
}

async function ask({ client, clock }: Plane, spec: Spec): Promise<CertificateSigningRequest> {
  await client.create(certificateSigningRequests, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "csr" },
    spec,
  });
  await clock.advance(1_000);
  return client.get(certificateSigningRequests, { name: "csr" });
}

test("a kubelet's request is approved and signed, for as long as it asks", async () => {
  const { plane, caPem } = await startSigning();
  await using running = plane;
  const { status } = await ask(running, specOf(node, { expirationSeconds: 3_600 }));
  expect(status?.conditions).toMatchObject([{ type: "Approved", reason: "AutoApproved" }]);
  const pem = Buffer.from(status?.certificate ?? "", "base64");
  const certificate = new X509Certificate(pem);
  expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:n1");
  expect(certificate.verify(new X509Certificate(caPem).publicKey)).toBe(true);
  expect(certificate.publicKey.equals(keys.publicKey)).toBe(true);
  const leftMs = (validityOf(pem)?.notAfterMs ?? 0) - running.clock.nowMs();
  expect(leftMs).toBeGreaterThan(3_590_000);
  expect(leftMs).toBeLessThanOrEqual(3_600_000);
  expect(running.warnings).toEqual([]);
});

test("what is approved and wrong fails, and says why", async () => {
  const { plane } = await startSigning();
  await using running = plane;
  const wrong = { commonName: "alice", organizations: ["system:nodes"] };
  const csr = await ask(running, specOf(wrong));
  expect(csr.status?.conditions).toBeUndefined();
  const condition = { type: "Approved", status: "True", reason: "Test" } as const;
  await running.client.update(
    certificateSigningRequests,
    { ...csr, status: { conditions: [condition] } },
    { subresource: "approval" },
  );
  await running.clock.advance(1_000);
  const { status } = await running.client.get(certificateSigningRequests, { name: "csr" });
  expect(status?.conditions?.[1]).toMatchObject({
    type: "Failed",
    reason: "SignerValidationFailure",
    message: 'subject common name does not begin with "system:node:"',
  });
});

test("a request of a signer that is not ours is left alone", async () => {
  const { plane } = await startSigning();
  await using running = plane;
  const { status } = await ask(running, specOf(node, { signerName: "example.com/a" }));
  expect(status).toEqual({});
});

test.each([
  { name: "an hour after it was decided", spec: specOf(), hours: 2 },
  { name: "a day after it was made", spec: specOf(node, { signerName: "a.example/b" }), hours: 25 },
])("a request is deleted $name", async ({ spec, hours }) => {
  const { plane } = await startSigning();
  await using running = plane;
  await ask(running, spec);
  await running.clock.advance((hours - 1.1) * 3_600_000);
  expect((await running.client.list(certificateSigningRequests)).items).toHaveLength(1);
  await running.clock.advance(1.2 * 3_600_000);
  expect((await running.client.list(certificateSigningRequests)).items).toEqual([]);
});

test.each([
  { name: "another for it", username: "bootstrap", kind: "nodeclient" },
  { name: "itself", username: "system:node:n1", kind: "selfnodeclient" },
])("asked by $name, it is a matter of $kind", ({ username, kind }) => {
  expect(kubeletClientKind({ spec: specOf(node, { username }) })).toBe(kind);
});

test.each([
  { name: "of another group", spec: specOf({ ...node, organizations: ["system:masters"] }) },
  { name: "of two groups", spec: specOf({ ...node, organizations: ["system:nodes", "b"] }) },
  { name: "for servers", spec: specOf(node, { usages: ["server auth", "digital signature"] }) },
  { name: "without signatures", spec: specOf(node, { usages: ["client auth"] }) },
  { name: "that is none", spec: specOf(node, { request: "aGVsbG8=" }) },
  {
    name: "for serving without names",
    spec: specOf(node, {
      signerName: "kubernetes.io/kubelet-serving",
      usages: ["server auth", "digital signature"],
    }),
  },
])("a request $name is refused", ({ spec }) => {
  expect(kubeletClientKind({ spec })).toBeUndefined();
  expect(decideSigning({ spec })).toMatchObject({ kind: "refused" });
});
