import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createApiServer, createClusterCertificates } from "../../apiserver/index.ts";
import { createTestEnv } from "../../base/test-env.ts";
import { type Client, createClient } from "../../client/index.ts";
import { startControllers } from "../../controllers/index.ts";
import { certificateSigningRequests, nodes } from "../../k8s/resources.ts";
import { forbidden } from "../../k8s/status.ts";
import type { ApiRequest, Transport } from "../../k8s/transport.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import { type Approver, createApprover } from "./approve.ts";
import { bootstrapIdentity, type NodeCertificate } from "./bootstrap-identity.ts";
import { createNodeIdentity, renewalTimeMs } from "./node-identity.ts";

const admin = { name: "admin", groups: ["system:masters"] };
const node = { name: "system:node:n1", groups: ["system:nodes"] };
const hourMs = 3_600_000;

function textOf({ method, path, query = {} }: ApiRequest): string {
  const pairs = Object.entries(query).filter(([name]) => name !== "timeoutSeconds");
  const text = pairs.map(([name, value]) => `${name}=${value}`).join("&");
  const masked = path.replace(/node-csr-.*|csr-[a-z0-9]{5}$/, "CSR");
  return `${method} ${masked}${text === "" ? "" : `?${text}`}`
    .replace(/resourceVersion=[1-9]\d*/, "resourceVersion=N")
    .replace(/timeout=[0-9ms]{4,}/, "timeout=N")
    .replace(/metadata.name=.*csr-[^&]*/, "metadata.name=CSR");
}

interface World extends AsyncDisposable {
  readonly env: ReturnType<typeof createTestEnv>;
  readonly transport: Transport;
  readonly client: Client;
  readonly requests: string[];
}

/** A control plane whose authority signs for at most `validForDays`. */
function startWorld(signs: "signs" | "does not sign" = "signs", validForDays = 10): World {
  const env = createTestEnv();
  const server = createApiServer({}, env);
  const { sign } = createClusterCertificates({ validForDays }, env);
  const client = createClient({ transport: server.handle, user: admin });
  const controllers = startControllers(
    {
      client,
      only:
        signs === "does not sign"
          ? []
          : [
              "certificatesigningrequest-approving-controller",
              "certificatesigningrequest-signing-controller",
            ],
      signCertificate: sign,
    },
    env,
  );
  const requests: string[] = [];
  return {
    env,
    client,
    requests,
    transport: (request) => {
      requests.push(textOf(request));
      return server.handle(request);
    },
    async [Symbol.asyncDispose]() {
      await controllers[Symbol.asyncDispose]();
      server.close();
    },
  };
}

async function bootstrap(world: World, approver?: Approver): Promise<NodeCertificate> {
  const client = createClient({ transport: world.transport, user: node });
  const options = { nodeName: "n1", client, ...(approver === undefined ? {} : { approver }) };
  const signal = new AbortController().signal;
  return bootstrapIdentity(options, world.env, signal);
}

async function onlyRequest({ client }: World): Promise<CertificateSigningRequest> {
  const [request] = (await client.list(certificateSigningRequests)).items;
  if (request === undefined) expect.unreachable();
  return request;
}

test("a node asks as a kubelet does, and gets a certificate for its key", async () => {
  await using world = startWorld();
  const pending = bootstrap(world);
  await world.env.clock.advance(1_000);
  const { certPem, keyPem } = await pending;
  const certificate = new X509Certificate(certPem);
  expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:n1");
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  expect(world.requests).toEqual([
    "GET /healthz?timeout=1s",
    `POST ${path}`,
    `GET ${path}?fieldSelector=metadata.name=CSR`,
    `GET ${path}?fieldSelector=metadata.name=CSR&limit=500&resourceVersion=0`,
    `GET ${path}?allowWatchBookmarks=true&fieldSelector=metadata.name=CSR&resourceVersion=N&timeout=N&watch=true`,
  ]);
  const request = await onlyRequest(world);
  expect(request.metadata.name).toMatch(/^node-csr-[A-Za-z0-9_-]{43}$/);
  expect(request.spec).toMatchObject({
    signerName: "kubernetes.io/kube-apiserver-client-kubelet",
    usages: ["digital signature", "client auth"],
  });
});

test("a server that is not there yet is waited for, a minute at most", async () => {
  await using world = startWorld();
  let isThere = false;
  const transport: Transport = async (request) => {
    if (!isThere) throw new Error("connection refused");
    return world.transport(request);
  };
  const client = createClient({ transport, user: node });
  const options = { nodeName: "n1", client };
  const pending = bootstrapIdentity(options, world.env, new AbortController().signal);
  await world.env.clock.advance(20_000);
  isThere = true;
  await world.env.clock.advance(10_000);
  expect((await pending).certPem).toContain("BEGIN CERTIFICATE");
});

test("a fleet that may approves by itself", async () => {
  await using world = startWorld("does not sign");
  const pending = bootstrap(world, createApprover(world.client, world.env));
  pending.catch(() => undefined);
  await world.env.clock.advance(1_000);
  const { status } = await onlyRequest(world);
  expect(status?.conditions).toMatchObject([{ type: "Approved", reason: "HollowmarkApproved" }]);
});

test("a fleet that may not approve says so once, and waits", async () => {
  await using world = startWorld("does not sign");
  const warnings: string[] = [];
  let tries = 0;
  const forbidding = createClient({
    user: admin,
    async transport() {
      tries += 1;
      const object = forbidden({ group: "", plural: "approvals" }, "a", "not you");
      return { status: 403, headers: {}, body: { kind: "object", value: { ...object } } };
    },
  });
  const log = { ...world.env.log, warn: (message: string) => void warnings.push(message) };
  const approver = createApprover(forbidding, { log });
  for (let node = 0; node < 3; node += 1) {
    bootstrap(world, approver).catch(() => undefined);
    await world.env.clock.advance(1_000);
  }
  expect((await world.client.list(certificateSigningRequests)).items).toHaveLength(3);
  expect({ tries, warnings: warnings.length }).toEqual({ tries: 1, warnings: 1 });
});

test.each([
  { name: "is denied", type: "Denied", subresource: "approval", reason: "Denied" },
  { name: "fails", type: "Failed", subresource: "status", reason: "Failed" },
] as const)("a request that $name ends the wait", async ({ type, subresource, reason }) => {
  await using world = startWorld("does not sign");
  const pending = bootstrap(world);
  const rejected = expect(pending).rejects.toMatchObject({ name: "IdentityError", reason });
  await world.env.clock.advance(1_000);
  const request = await onlyRequest(world);
  const condition = { type, status: "True", reason: "Test", message: "no" } as const;
  await world.client.update(
    certificateSigningRequests,
    { ...request, status: { conditions: [condition] } },
    { subresource },
  );
  await world.env.clock.advance(1_000);
  await rejected;
});

test("a request that is deleted, or not signed within an hour, ends the wait", async () => {
  await using world = startWorld("does not sign");
  const late = expect(bootstrap(world)).rejects.toMatchObject({ reason: "TimedOut" });
  await world.env.clock.advance(2 * hourMs);
  await late;
  await world.client.request({
    method: "DELETE",
    path: "/apis/certificates.k8s.io/v1/certificatesigningrequests",
  });
  const gone = expect(bootstrap(world)).rejects.toMatchObject({ reason: "Deleted" });
  await world.env.clock.advance(1_000);
  await world.client.delete(certificateSigningRequests, (await onlyRequest(world)).metadata);
  await world.env.clock.advance(1_000);
  await gone;
});

test.each([
  { chance: 0, share: 0.7 },
  { chance: 1, share: 0.9 },
])("a certificate is renewed after $share of its life", ({ chance, share }) => {
  const validity = { notBeforeMs: 1_000, notAfterMs: 11_000 };
  expect(renewalTimeMs(validity, { next: () => chance })).toBeCloseTo(1_000 + share * 10_000);
});

test("a renewed certificate is for new connections, and the old ones are closed", async () => {
  await using world = startWorld("signs", 1);
  const pending = bootstrap(world);
  await world.env.clock.advance(1_000);
  const certificate = await pending;
  const opened: string[] = [];
  const closed: string[] = [];
  const options = { nodeName: "n1", certificate, userAgent: "kubelet", user: node };
  const identity = createNodeIdentity(
    {
      ...options,
      open: ({ certPem }) => {
        opened.push(certPem);
        return Object.assign(((request) => world.transport(request)) satisfies Transport, {
          async [Symbol.asyncDispose]() {
            closed.push(certPem);
          },
        });
      },
    },
    world.env,
  );
  await world.env.clock.advance(12 * hourMs);
  expect(opened).toEqual([certificate.certPem]);
  await world.env.clock.advance(11 * hourMs);
  expect(opened).toHaveLength(2);
  expect(opened[1]).not.toBe(opened[0]);
  expect(closed).toEqual([certificate.certPem]);
  const client = createClient({ transport: identity.transport, user: node });
  expect((await client.list(nodes)).items).toEqual([]);
  await identity[Symbol.asyncDispose]();
  expect(closed).toEqual(opened);
});
