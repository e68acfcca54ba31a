import { createBackoff } from "../base/backoff.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { events } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import { TransportError } from "../k8s/transport.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import type { Client } from "./client.ts";
import { createEventCorrelator, type EventAction } from "./event-correlator.ts";

export interface EventRecorderOptions {
  readonly client: Client;
  /** Who speaks: `kubelet`, `replicaset-controller`. */
  readonly component: string;
  /** On which node. */
  readonly host?: string;
  /** How many events may wait to be sent; what comes beyond is dropped. Default 1000, as in client-go. */
  readonly queueMax?: number;
  /** How many are being sent at a time. Default 8. */
  readonly inFlightMax?: number;
}

/** Writes core/v1 Events, never waits, never fails; disposing it drops what is not sent. */
export interface EventRecorder extends AsyncDisposable {
  /** @param fieldPath of the part of the object that it is about: `spec.containers{web}` */
  event(
    object: KubeObject,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    fieldPath?: string,
  ): void;
}

type Write = Exclude<EventAction, { kind: "drop" }>;

/** How often an event is sent before it is given up, when there is no answer (client-go). */
const triesMax = 12;

/** Repeated and similar events are joined as client-go joins them (`EventCorrelator`). */
export function createEventRecorder(options: EventRecorderOptions, env: Env): EventRecorder {
  const { client, component, host, queueMax = 1_000, inFlightMax = 8 } = options;
  const random = env.random.stream(`events/${component}/${host ?? ""}/${env.random.uuid()}`);
  const source = { component, ...(host === undefined ? {} : { host }) };
  const correlator = createEventCorrelator(source, random);
  const dropped = env.metrics.counter(
    "hollowmark_events_dropped_total",
    "Events that were not written, by why.",
    ["reason"],
  );
  const queue: Write[] = [];
  /** The keys that are being sent: a count must not overtake its event. */
  const sending = new Map<string, Promise<void>>();
  const stop = new AbortController();

  async function send(write: Write): Promise<void> {
    const backoff = createBackoff({ initialMs: 1_000, maxMs: 10_000 }, random);
    for (let tries = 1; ; tries += 1) {
      try {
        await perform(client, write, stop.signal);
        return;
      } catch (error) {
        if (stop.signal.aborted) return;
        // A refusal stays one: the namespace is gone or being deleted, or we may not write events.
        if (!(error instanceof TransportError) || tries === triesMax) {
          dropped.inc(1, { reason: error instanceof TransportError ? "unreachable" : "refused" });
          env.log.debug("an event was not written", { component, error });
          return;
        }
        await sleep(env.clock, backoff.nextMs(), stop.signal).catch(() => {});
        if (stop.signal.aborted) return;
      }
    }
  }

  function pump(): void {
    for (let at = 0; at < queue.length && sending.size < inFlightMax; ) {
      const write = queue[at];
      if (write === undefined || sending.has(write.key)) {
        at += 1;
        continue;
      }
      queue.splice(at, 1);
      const sent = send(write).then(() => {
        sending.delete(write.key);
        pump();
      });
      sending.set(write.key, sent);
    }
  }

  return {
    event(object, type, reason, message, fieldPath) {
      if (stop.signal.aborted) return;
      const notice = { object, type, reason, message, fieldPath };
      const action = correlator.decide(notice, env.clock.nowMs());
      if (action.kind === "drop") dropped.inc(1, { reason: "rate" });
      else if (queue.length >= queueMax) dropped.inc(1, { reason: "queue-full" });
      else {
        queue.push(action);
        pump();
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the event recorder was disposed"));
      queue.length = 0;
      await Promise.all(sending.values());
    },
  };
}

async function perform(client: Client, write: Write, signal: AbortSignal): Promise<void> {
  if (write.kind === "patch") {
    const { namespace, name, patch } = write;
    const type = "application/strategic-merge-patch+json";
    try {
      await client.patch(events, { namespace, name }, type, patch, { signal });
      return;
    } catch (error) {
      // Events live for an hour; one that is still repeated begins anew.
      if (!isApiError(error, "NotFound")) throw error;
    }
  }
  await client.create(events, write.event, { signal });
}
