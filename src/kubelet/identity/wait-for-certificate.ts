import type { Env } from "../../base/env.ts";
import { onAbort } from "../../base/on-abort.ts";
import { type Client, type ReflectorStore, runReflector } from "../../client/index.ts";
import { certificateSigningRequests } from "../../k8s/resources.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import { IdentityError } from "./identity-error.ts";

export interface WaitOptions {
  readonly client: Client;
  /** Of the CertificateSigningRequest. */
  readonly name: string;
  /** How long at most, in milliseconds. */
  readonly waitMs: number;
  /** Whether the request is listed by watching it, as from client-go 0.35. */
  readonly watchList: boolean;
}

/**
 * The certificate in PEM, once the request was approved and signed. With the requests of
 * `WaitForCertificate` (`client-go/util/certificate/csr/csr.go`): a list, which tells it whether the
 * server has this version, then an informer.
 *
 * @throws IdentityError when it is denied, fails, is deleted, or takes too long; ApiError or
 * TransportError from the first list; the reason of `signal`.
 */
export async function waitForCertificate(
  { client, name, waitMs, watchList }: WaitOptions,
  env: Env,
  signal: AbortSignal,
): Promise<string> {
  const fieldSelector = `metadata.name=${name}`;
  await client.list(certificateSigningRequests, { fieldSelector, signal });
  const stopping = new AbortController();
  const unlisten = onAbort(signal, () => stopping.abort(signal.reason));
  const late = new IdentityError("TimedOut", `${name} was not signed within ${waitMs / 1_000} s`);
  const timer = env.clock.schedule(waitMs, () => stopping.abort(late));
  const waiting = new CertificateWait(name, stopping);
  const options = { fieldSelector, pageSize: 500, watchList, retryMaxMs: 30_000 };
  try {
    await runReflector(
      client,
      certificateSigningRequests,
      { ...options, informerTimeout: true },
      waiting,
      env,
      stopping.signal,
    );
    if (waiting.certificate === undefined) throw stopping.signal.reason;
    return waiting.certificate;
  } finally {
    timer.cancel();
    unlisten();
  }
}

/** Ends the reflector when there is a certificate, or will be none. */
class CertificateWait implements ReflectorStore<CertificateSigningRequest> {
  readonly #name: string;
  readonly #stopping: AbortController;
  certificate: string | undefined;

  constructor(name: string, stopping: AbortController) {
    this.#name = name;
    this.#stopping = stopping;
  }

  beginList(): void {}
  endList(): void {}

  apply({ status }: CertificateSigningRequest): void {
    let isApproved = false;
    for (const { type, reason = "", message = "" } of status?.conditions ?? []) {
      if (type === "Denied" || type === "Failed") {
        const what = type === "Denied" ? "is denied" : "failed";
        const why = `certificate signing request ${what}, reason: ${reason}, message: ${message}`;
        this.#stopping.abort(new IdentityError(type === "Denied" ? "Denied" : "Failed", why));
        return;
      }
      if (type === "Approved") isApproved = true;
    }
    if (!isApproved || (status?.certificate ?? "") === "") return;
    this.certificate = Buffer.from(status?.certificate ?? "", "base64").toString();
    this.#stopping.abort();
  }

  remove(): void {
    if (this.certificate !== undefined) return;
    this.#stopping.abort(new IdentityError("Deleted", `csr "${this.#name}" was deleted`));
  }
}
