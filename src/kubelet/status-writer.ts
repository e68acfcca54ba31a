import { type Backoff, createBackoff } from "../base/backoff.ts";
import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { Counter } from "../base/metrics.ts";
import type { RandomStream } from "../base/random.ts";
import { createSharedTimeouts, type SharedTimeouts } from "../base/shared-timeouts.ts";
import type { Client } from "../client/index.ts";
import type { JsonObject } from "../k8s/json.ts";
import { objectPath, pods } from "../k8s/resources.ts";
import type { ApiRequest } from "../k8s/transport.ts";
import type { PodStatus } from "../k8s/types/core.ts";
import { jsonHeaders, resourceVersionOf, strategicPatchHeaders } from "./answers.ts";
import { statusPatch } from "./status-patch.ts";

/** Which pod, and which of those that had its name. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface StatusWriterOptions {
  readonly client: Client;
  /** How many requests may be under way. Default 64. */
  readonly maxInFlight?: number;
}

/** The way of one pod's status to the API server: the latest one, one request at a time. */
export interface StatusChannel {
  /** Resource version that the last write was answered with; 0 before. Older events are out of date. */
  readonly writtenVersion: number;
  /** Whether all that was asked for has been written. */
  readonly idle: boolean;
  /** The status is now `status`. Replaces one that has not been sent. */
  write(status: PodStatus): void;
  /** The API server says `reported`, by somebody else: it is to say `status`. Only while it is idle. */
  restate(reported: PodStatus, status: PodStatus): void;
  /** Once the last status is written, lets the API server forget the pod: it is deleted without grace. */
  remove(): void;
  /** The pod is gone: nothing more is sent. */
  close(): void;
}

/**
 * Writes the status of pods, as `pkg/kubelet/status/status_manager.go` does: strategic merge
 * patches of what has changed, then a DELETE when nothing of the pod is left. What fails is sent
 * again after a jittered back-off, until it succeeds or the pod is gone.
 */
export interface StatusWriter extends Disposable {
  /** @param known the status that the API server has */
  open(pod: PodRef, known: PodStatus | undefined): StatusChannel;
  /** Channels that wait or have a request under way. */
  readonly pending: number;
}

const timeouts = { timeoutMs: 30_000, sharedForMs: 100 };

export function createStatusWriter(options: StatusWriterOptions, env: Env): StatusWriter {
  return new Writer(options, env);
}

class Writer implements StatusWriter {
  readonly #client: Client;
  readonly #maxInFlight: number;
  readonly #env: Env;
  readonly #random: RandomStream;
  readonly #writes: Counter;
  readonly #timeouts: SharedTimeouts;
  #inFlight = 0;
  #disposed = false;
  /** Channels that have something to send, oldest first. A channel is in it once at most. */
  #queue: Channel[] = [];
  #head = 0;

  constructor({ client, maxInFlight = 64 }: StatusWriterOptions, env: Env) {
    this.#client = client;
    this.#maxInFlight = maxInFlight;
    this.#env = env;
    this.#timeouts = createSharedTimeouts(timeouts, env.clock);
    this.#random = env.random.stream("status-writer");
    this.#writes = env.metrics.counter(
      "hollowmark_pod_writes_total",
      "Requests that wrote a pod, by verb and HTTP status; 0 where there was no answer.",
      ["verb", "code"],
    );
  }

  get pending(): number {
    return this.#queue.length - this.#head + this.#inFlight;
  }

  open(pod: PodRef, known: PodStatus | undefined): StatusChannel {
    return new Channel(this, pod, known);
  }

  enqueue(channel: Channel): void {
    if (this.#disposed) return;
    this.#queue.push(channel);
    this.#pump();
  }

  createBackoff(): Backoff {
    return createBackoff({ initialMs: 200, maxMs: 15_000 }, this.#random);
  }

  schedule(delayMs: number, callback: () => void): Timer {
    return this.#env.clock.schedule(delayMs, callback);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timeouts.abortAll();
    this.#queue = [];
    this.#head = 0;
  }

  #pump(): void {
    while (this.#inFlight < this.#maxInFlight) {
      const channel = this.#queue[this.#head];
      if (channel === undefined) break;
      this.#head += 1;
      if (channel.prepare()) void this.#send(channel);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1_024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  async #send(channel: Channel): Promise<void> {
    const request = channel.request;
    if (request === undefined) return;
    this.#inFlight += 1;
    const timeout = this.#timeouts.begin();
    let code = 0;
    let version = 0;
    try {
      const response = await this.#client.request({ ...request, signal: timeout.signal });
      code = response.status;
      if (code < 300) version = resourceVersionOf(response);
    } catch (error) {
      this.#env.log.debug("A pod could not be written", { pod: channel.pod, error });
    }
    timeout.release();
    this.#inFlight -= 1;
    this.#writes.inc(1, { verb: request.method, code: String(code) });
    if (this.#disposed) return;
    channel.answered(code, version);
    this.#pump();
  }
}

/** What is under way: the status a request carries, or the deletion. */
type Sending =
  | { readonly kind: "status"; readonly status: PodStatus }
  | { readonly kind: "delete" };

class Channel implements StatusChannel {
  readonly pod: PodRef;
  readonly #writer: Writer;
  #known: PodStatus | undefined;
  #wanted: PodStatus | undefined;
  #removal: "none" | "wanted" | "done" = "none";
  #state: "idle" | "queued" | "sending" | "waiting" | "closed" = "idle";
  #sending: Sending | undefined;
  #request: ApiRequest | undefined;
  #backoff: Backoff | undefined;
  #timer: Timer | undefined;
  writtenVersion = 0;

  constructor(writer: Writer, pod: PodRef, known: PodStatus | undefined) {
    this.#writer = writer;
    this.pod = pod;
    this.#known = known;
  }

  get idle(): boolean {
    return this.#state === "idle";
  }

  get request(): ApiRequest | undefined {
    return this.#request;
  }

  write(status: PodStatus): void {
    this.#wanted = status;
    this.#enqueue();
  }

  restate(reported: PodStatus, status: PodStatus): void {
    if (!this.idle) return;
    const { phase, conditions } = reported;
    this.#known = {
      ...status,
      ...(phase === undefined ? {} : { phase }),
      ...(conditions === undefined ? {} : { conditions }),
    };
    this.write(status);
  }

  remove(): void {
    if (this.#removal === "none") this.#removal = "wanted";
    this.#enqueue();
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#request = undefined;
  }

  /** Decides what to send next; false if there is nothing. */
  prepare(): boolean {
    if (this.#state !== "queued") return false;
    const { namespace, name, uid } = this.pod;
    const patch = this.#wanted && statusPatch(uid, this.#known, this.#wanted);
    if (this.#wanted !== undefined && patch !== undefined) {
      this.#sending = { kind: "status", status: this.#wanted };
      this.#request = patchRequest({ namespace, name }, patch);
    } else if (this.#removal === "wanted") {
      this.#sending = { kind: "delete" };
      this.#request = deleteRequest({ namespace, name }, uid);
    } else {
      this.#wanted = undefined;
      this.#state = "idle";
      return false;
    }
    this.#state = "sending";
    return true;
  }

  answered(code: number, version: number): void {
    if (this.#state !== "sending") return;
    const sending = this.#sending;
    this.#request = undefined;
    this.#sending = undefined;
    if (code >= 200 && code < 300) {
      this.writtenVersion = Math.max(this.writtenVersion, version);
      this.#succeeded(sending);
    } else if (code === 404 || (code === 409 && sending?.kind === "delete")) {
      // The pod is gone, or another has its name. The pod source will say so.
      this.close();
    } else {
      this.#retry();
    }
  }

  #succeeded(sending: Sending | undefined): void {
    this.#backoff = undefined;
    if (sending?.kind === "delete") this.#removal = "done";
    if (sending?.kind === "status") {
      this.#known = sending.status;
      if (this.#wanted === sending.status) this.#wanted = undefined;
    }
    this.#state = "idle";
    if (this.#wanted !== undefined || this.#removal === "wanted") this.#enqueue();
  }

  #retry(): void {
    this.#state = "waiting";
    this.#backoff ??= this.#writer.createBackoff();
    this.#timer = this.#writer.schedule(this.#backoff.nextMs(), () => {
      if (this.#state !== "waiting") return;
      this.#state = "idle";
      this.#enqueue();
    });
  }

  #enqueue(): void {
    if (this.#state !== "idle") return;
    this.#state = "queued";
    this.#writer.enqueue(this);
  }
}

function patchRequest(ref: Pick<PodRef, "namespace" | "name">, patch: JsonObject): ApiRequest {
  return {
    method: "PATCH",
    path: objectPath(pods, ref, "status"),
    headers: strategicPatchHeaders,
    body: { kind: "object", value: patch },
  };
}

function deleteRequest(ref: Pick<PodRef, "namespace" | "name">, uid: string): ApiRequest {
  const value = {
    apiVersion: "v1",
    kind: "DeleteOptions",
    gracePeriodSeconds: 0,
    preconditions: { uid },
  };
  return {
    method: "DELETE",
    path: objectPath(pods, ref),
    headers: jsonHeaders,
    body: { kind: "object", value },
  };
}
