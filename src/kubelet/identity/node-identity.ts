import { createBackoff } from "../../base/backoff.ts";
import { sleep } from "../../base/clock.ts";
import type { Env } from "../../base/env.ts";
import type { RandomStream } from "../../base/random.ts";
import { type Client, type ComponentAccess, createClient } from "../../client/index.ts";
import type { Validity } from "../../k8s/pki/validity.ts";
import type { ApiRequest, ApiResponse, Transport, UserInfo } from "../../k8s/transport.ts";
import type { Approver } from "./approve.ts";
import { type NodeCertificate, requestCertificate } from "./bootstrap-identity.ts";

export interface NodeIdentityOptions {
  readonly nodeName: string;
  /** The first one, of `bootstrapIdentity`. */
  readonly certificate: NodeCertificate;
  /** Of the requests that renew it. */
  readonly userAgent: string;
  /** Connections that show that certificate. */
  open(certificate: NodeCertificate): Transport & AsyncDisposable;
  /** Who the node is, where `open` does not authenticate: within one process. */
  readonly user?: UserInfo;
  /** See `CertificateOptions`. */
  readonly approver?: Approver;
  readonly watchList?: boolean;
}

/**
 * A kubelet's access by its own certificate, which is renewed when 70 to 90 % of its life are over,
 * as `client-go/util/certificate/certificate_manager.go` does. Then all connections are closed, so
 * that new ones show the new certificate: watches begin again, as those of a kubelet do.
 */
export function createNodeIdentity(options: NodeIdentityOptions, env: Env): ComponentAccess {
  return new NodeIdentity(options, env);
}

/** A class, since there are thousands of them. */
class NodeIdentity implements ComponentAccess {
  readonly #options: NodeIdentityOptions;
  readonly #env: Env;
  readonly #end = new AbortController();
  readonly #renewing: Promise<void>;
  #certificate: NodeCertificate;
  #current: Transport & AsyncDisposable;
  readonly transport: Transport;
  readonly user?: UserInfo;

  constructor(options: NodeIdentityOptions, env: Env) {
    this.#options = options;
    this.#env = env;
    if (options.user !== undefined) this.user = options.user;
    this.#certificate = options.certificate;
    this.#current = options.open(options.certificate);
    this.transport = (request: ApiRequest): Promise<ApiResponse> => this.#current(request);
    this.#renewing = this.#keepRenewing();
  }

  async #keepRenewing(): Promise<void> {
    const { clock, random } = this.#env;
    const { signal } = this.#end;
    const jitter = random.stream(`certificate/${this.#options.nodeName}`);
    try {
      for (;;) {
        const dueMs = renewalTimeMs(this.#certificate, jitter);
        await sleep(clock, Math.max(0, dueMs - clock.nowMs()), signal);
        await this.#renew(jitter);
        await sleep(clock, 1_000, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Tries after 2, 4, 8 and 16 s, then every 32 s. */
  async #renew(jitter: RandomStream): Promise<void> {
    const { nodeName, approver, watchList = false } = this.#options;
    const { clock, log } = this.#env;
    const { signal } = this.#end;
    const backoff = createBackoff({ initialMs: 2_000, maxMs: 32_000, jitter: 0.1 }, jitter);
    const client = this.#client();
    const request = {
      nodeName,
      client,
      watchList,
      ...(approver === undefined ? {} : { approver }),
    };
    for (;;) {
      try {
        await this.#use(await requestCertificate(request, "renewal", this.#env, signal));
        return;
      } catch (error) {
        signal.throwIfAborted();
        log.warn("A certificate was not renewed; trying again", { node: nodeName, error });
      }
      await sleep(clock, backoff.nextMs(), signal);
    }
  }

  #client(): Client {
    const { userAgent, user } = this.#options;
    const { transport } = this;
    return createClient({ transport, userAgent, ...(user === undefined ? {} : { user }) });
  }

  async #use(certificate: NodeCertificate): Promise<void> {
    const previous = this.#current;
    this.#certificate = certificate;
    this.#current = this.#options.open(certificate);
    await previous[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#renewing;
    await this.#current[Symbol.asyncDispose]();
  }
}

/** When a certificate is to be renewed: at 70 to 90 % of its life (`jitteryDuration`). */
export function renewalTimeMs(
  { notBeforeMs, notAfterMs }: Validity,
  random: Pick<RandomStream, "next">,
): number {
  const lifeMs = notAfterMs - notBeforeMs;
  return notBeforeMs + lifeMs * (0.7 + 0.2 * random.next());
}
