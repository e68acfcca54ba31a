import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { RandomStream } from "../base/random.ts";
import { parseTime } from "../base/rfc3339.ts";
import type { Client } from "../client/index.ts";
import { serviceAccounts } from "../k8s/resources.ts";
import type { Pod } from "../k8s/types/core.ts";
import type { PodToken } from "./pod-references.ts";

/** The tokens in the volumes of one kubelet's pods (`pkg/kubelet/token/token_manager.go`). */
export interface ServiceAccountTokens extends Disposable {
  /**
   * Asks for a token unless there is one, and from then on for another when it has lived four fifths
   * of its life.
   */
  fetch(pod: Pod, token: PodToken): Promise<void>;
  /** The pod needs no tokens any more. */
  forget(pod: Pod): void;
}

/** A refresh comes up to that much earlier. */
const jitterMs = 10_000;
const lifeMaxMs = 24 * 3_600_000;

/** What the answer of the API server says that matters here. */
interface TokenAnswer {
  readonly spec?: { readonly expirationSeconds?: number };
  readonly status?: { readonly expirationTimestamp?: string };
}

/** @param syncFrequencyMs how often a kubelet looks whether a token is to be refreshed */
export function createServiceAccountTokens(
  client: Client,
  syncFrequencyMs: number,
  env: Env,
): ServiceAccountTokens {
  return new Tokens(client, syncFrequencyMs, env);
}

class Tokens implements ServiceAccountTokens {
  readonly #client: Client;
  readonly #syncFrequencyMs: number;
  readonly #env: Env;
  readonly #random: RandomStream;
  readonly #stop = new AbortController();
  /** When the tokens that there are will be refreshed, by the UIDs of pods. */
  readonly #refreshes = new Map<string, Map<PodToken, Timer>>();

  constructor(client: Client, syncFrequencyMs: number, env: Env) {
    this.#client = client;
    this.#syncFrequencyMs = syncFrequencyMs;
    this.#env = env;
    this.#random = env.random.stream(`tokens/${env.random.uuid()}`);
  }

  async fetch(pod: Pod, token: PodToken): Promise<void> {
    const { uid } = pod.metadata;
    if (!this.#refreshes.has(uid)) this.#refreshes.set(uid, new Map());
    if (this.#refreshes.get(uid)?.has(token) !== true) await this.#request(pod, token);
  }

  forget({ metadata }: Pod): void {
    for (const timer of this.#refreshes.get(metadata.uid)?.values() ?? []) timer.cancel();
    this.#refreshes.delete(metadata.uid);
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the kubelet has ended"));
    for (const timers of this.#refreshes.values()) {
      for (const timer of timers.values()) timer.cancel();
    }
    this.#refreshes.clear();
  }

  async #request(pod: Pod, token: PodToken): Promise<void> {
    const { namespace = "default" } = pod.metadata;
    const name = pod.spec.serviceAccountName ?? "default";
    const { signal } = this.#stop;
    const body = tokenRequest(pod, token);
    const answer = (await this.#client.createSubresource(
      serviceAccounts,
      { namespace, name },
      "token",
      body,
      { signal },
    )) as TokenAnswer;
    const seconds = answer.spec?.expirationSeconds ?? token.expirationSeconds;
    const expiresMs = parseTime(answer.status?.expirationTimestamp ?? "");
    const nowMs = this.#env.clock.nowMs();
    const endMs = expiresMs ?? nowMs + seconds * 1_000;
    const issuedMs = endMs - seconds * 1_000;
    const dueMs = Math.min(issuedMs + lifeMaxMs, endMs - Math.floor(seconds * 0.2) * 1_000);
    this.#refreshAfter(pod, token, dueMs - this.#random.below(jitterMs) - nowMs);
  }

  /** It is done with the first sync after that. */
  #refreshAfter(pod: Pod, token: PodToken, delayMs: number): void {
    const refreshes = this.#refreshes.get(pod.metadata.uid);
    if (refreshes === undefined) return;
    const syncMs = this.#random.below(this.#syncFrequencyMs);
    const timer = this.#env.clock.schedule(Math.max(0, delayMs) + syncMs, () => {
      void this.#refresh(pod, token);
    });
    refreshes.set(token, timer);
  }

  async #refresh(pod: Pod, token: PodToken): Promise<void> {
    try {
      await this.#request(pod, token);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const { namespace, name } = pod.metadata;
      this.#env.log.debug("a token was not refreshed", { pod: `${namespace}/${name}`, error });
      this.#refreshAfter(pod, token, this.#syncFrequencyMs);
    }
  }
}

function tokenRequest({ metadata }: Pod, { audience, expirationSeconds }: PodToken): object {
  const { name, uid } = metadata;
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { creationTimestamp: null },
    spec: {
      audiences: audience === undefined ? null : [audience],
      expirationSeconds,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
    },
    status: { token: "", expirationTimestamp: null },
  };
}
