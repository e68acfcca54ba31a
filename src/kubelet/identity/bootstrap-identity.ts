import { sleep } from "../../base/clock.ts";
import type { Env } from "../../base/env.ts";
import type { Client } from "../../client/index.ts";
import { type Validity, validityOf } from "../../k8s/pki/validity.ts";
import { certificateSigningRequests } from "../../k8s/resources.ts";
import type { Approver } from "./approve.ts";
import { IdentityError } from "./identity-error.ts";
import { createNodeRequest } from "./node-request.ts";
import { waitForCertificate } from "./wait-for-certificate.ts";

/** The client certificate of a node, with its key, both in PEM. */
export interface NodeCertificate extends Validity {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface CertificateOptions {
  readonly nodeName: string;
  /** Asks, with the credentials of a bootstrap token or with the certificate before. */
  readonly client: Client;
  /** Approves at once, where the cluster does not do so by itself. Default: it is waited for. */
  readonly approver?: Approver;
  /** Whether collections are listed by watching them, as from client-go 0.35. Default false. */
  readonly watchList?: boolean;
}

/** How long a kubelet waits for its first certificate, and for a renewed one. */
const firstWaitMs = 3_600_000;
const renewalWaitMs = 15 * 60_000;
/** How long a server may take to be there, and how often it is asked. */
const serverWaitMs = 60_000;
const serverPollMs = 2_000;

/**
 * Gets the first certificate of a node, with the requests of a kubelet that is given
 * `--bootstrap-kubeconfig` (`pkg/kubelet/certificate/bootstrap/bootstrap.go`): it waits until the
 * server answers, makes a key, asks for `system:node:NAME` in `system:nodes`, and waits for an hour.
 *
 * @throws IdentityError, ApiError, TransportError, or the reason of `signal`.
 */
export async function bootstrapIdentity(
  options: CertificateOptions,
  env: Env,
  signal: AbortSignal,
): Promise<NodeCertificate> {
  await waitForServer(options, env, signal);
  return requestCertificate(options, "first", env, signal);
}

/**
 * Gets another certificate, with a key of its own.
 *
 * @throws as `bootstrapIdentity` does
 */
export async function requestCertificate(
  { nodeName, client, approver, watchList = false }: CertificateOptions,
  purpose: "first" | "renewal",
  env: Env,
  signal: AbortSignal,
): Promise<NodeCertificate> {
  const { keyPem, object } = createNodeRequest(nodeName, purpose);
  const created = await client.create(certificateSigningRequests, object, { signal });
  const { name } = created.metadata;
  await approver?.approve(created, signal);
  const waitMs = purpose === "first" ? firstWaitMs : renewalWaitMs;
  const certPem = await waitForCertificate({ client, name, waitMs, watchList }, env, signal);
  const validity = validityOf(certPem);
  if (validity === undefined) {
    throw new IdentityError("Unusable", `${name}: what was signed is no certificate`);
  }
  return { certPem, keyPem, ...validity };
}

/** After a minute a kubelet goes on whatever the server says, and fails with its next request. */
async function waitForServer(
  { client, nodeName }: CertificateOptions,
  { clock, random }: Env,
  signal: AbortSignal,
): Promise<void> {
  const jitter = random.stream(`bootstrap/${nodeName}`);
  const query = { timeout: "1s" };
  const giveUpMs = clock.monotonicMs() + serverWaitMs;
  while (clock.monotonicMs() < giveUpMs) {
    try {
      const { status } = await client.request({ method: "GET", path: "/healthz", query, signal });
      if (status === 200) return;
    } catch {
      signal.throwIfAborted();
    }
    await sleep(clock, serverPollMs * (1 + 0.2 * jitter.next()), signal);
  }
}
