import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { toMicroTime } from "../base/rfc3339.ts";
import type { Client } from "../client/index.ts";
import { eventsV1 } from "../k8s/resources.ts";
import { ApiError } from "../k8s/status.ts";
import type { ObjectReference } from "../k8s/types/core.ts";
import type { ProxyHabits } from "./proxy-habits.ts";

/** How often it is sent when there is no answer, and how long it waits in between (client-go). */
const triesMax = 12;
const pauseMs = 10_000;

/**
 * Says that the proxy has started, by an event about its Node in namespace `default`. What the
 * server refuses stays unsaid, as with client-go's recorder (`tools/events`).
 */
export async function sendStartEvent(
  client: Client,
  nodeName: string,
  regarding: ProxyHabits["regarding"],
  env: Env,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = env;
  const random = env.random.stream(`proxy/${nodeName}/${env.random.uuid()}`);
  const nowMs = clock.nowMs();
  // The clock gives milliseconds, chance the rest of the nanoseconds.
  const nowNs = BigInt(Math.floor(nowMs)) * 1_000_000n + BigInt(random.below(1_000_000));
  const event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: `${nodeName}.${nowNs.toString(16)}`, namespace: "default" },
    eventTime: toMicroTime(nowMs),
    reportingController: "kube-proxy",
    // The name of the machine: a proxy's pod is on the network of its node.
    reportingInstance: `kube-proxy-${nodeName}`,
    action: "StartKubeProxy",
    reason: "Starting",
    regarding: nodeReference(nodeName, regarding),
    type: "Normal",
  } as const;
  for (let tries = 1; tries <= triesMax && !signal.aborted; tries += 1) {
    try {
      await client.create(eventsV1, event, { signal });
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError) {
        log.debug("the event of a proxy's start was refused", { nodeName, error });
        return;
      }
    }
    await sleep(clock, pauseMs * (1 + 0.25 * random.next()), signal).catch(() => {});
  }
}

/** A proxy does not know its Node's UID, and up to 1.34 says its name in that place. */
function nodeReference(name: string, regarding: ProxyHabits["regarding"]): ObjectReference {
  if (regarding === "apiVersion") return { apiVersion: "v1", kind: "Node", name };
  return { kind: "Node", name, uid: name };
}
