import type { RandomStream } from "../base/random.ts";
import { toTime } from "../base/rfc3339.ts";
import type { CoreEvent, ObjectReference } from "../k8s/types/core.ts";
import type { KubeObject, ToCreate } from "../k8s/types/meta.ts";

/** What a component has to say about an object. */
interface EventNotice {
  readonly object: KubeObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** The part of the object that it is about. */
  readonly fieldPath?: string | undefined;
}

export interface EventSource {
  readonly component: string;
  readonly host?: string;
}

/** What to do about a notice. */
export type EventAction =
  | { readonly kind: "create"; readonly key: string; readonly event: ToCreate<CoreEvent> }
  | {
      readonly kind: "patch";
      readonly key: string;
      readonly namespace: string;
      readonly name: string;
      readonly patch: Pick<CoreEvent, "count" | "lastTimestamp" | "message">;
      /** What to create if the event has been deleted since. */
      readonly event: ToCreate<CoreEvent>;
    }
  | { readonly kind: "drop" };

export interface EventCorrelator {
  decide(notice: EventNotice, nowMs: number): EventAction;
}

// The defaults of client-go (`tools/record/events_cache.go`).
const knownMax = 4_096;
const similarMax = 10;
const similarWindowMs = 600_000;
const spamBurst = 25;
const spamRefillMs = 300_000;

interface Known {
  readonly name: string;
  readonly firstMs: number;
  count: number;
}

interface Similar {
  /** The messages seen in the window. */
  readonly messages: Set<string>;
  lastMs: number;
}

interface Allowance {
  tokens: number;
  countedMs: number;
}

/**
 * client-go's event correlator: an event that repeats is counted up; more than ten that differ
 * in their message only become one, for ten minutes; a source that talks about one object all the
 * time is cut to 25 events and one more each five minutes.
 */
export function createEventCorrelator(source: EventSource, random: RandomStream): EventCorrelator {
  const known = createLru<Known>(knownMax);
  const similar = createLru<Similar>(knownMax);
  const allowances = createLru<Allowance>(knownMax);

  const isSpam = (objectKey: string, nowMs: number): boolean => {
    const allowance = allowances.get(objectKey) ?? { tokens: spamBurst, countedMs: nowMs };
    // A clock that was set back must not cost what was there.
    const refilled = allowance.tokens + Math.max(0, nowMs - allowance.countedMs) / spamRefillMs;
    const tokens = Math.min(spamBurst, refilled);
    allowances.set(objectKey, { tokens: tokens < 1 ? tokens : tokens - 1, countedMs: nowMs });
    return tokens < 1;
  };

  /** Whether so many differing messages came that this one joins the others. */
  const isCombined = (aggregateKey: string, message: string, nowMs: number): boolean => {
    let entry = similar.get(aggregateKey);
    if (entry === undefined || nowMs - entry.lastMs > similarWindowMs) {
      entry = { messages: new Set(), lastMs: nowMs };
    }
    entry.lastMs = nowMs;
    entry.messages.add(message);
    similar.set(aggregateKey, entry);
    if (entry.messages.size < similarMax) return false;
    for (const any of entry.messages) {
      entry.messages.delete(any); // It stays one below the bound.
      break;
    }
    return true;
  };

  return {
    decide(notice, nowMs) {
      const { object, type, reason, fieldPath = "" } = notice;
      const objectKey = objectKeyOf(object);
      const aggregateKey = `${objectKey}\n${fieldPath}\n${type}\n${reason}`;
      const combined = isCombined(aggregateKey, notice.message, nowMs);
      const message = combined
        ? `(combined from similar events): ${notice.message}`
        : notice.message;
      const key = combined ? aggregateKey : `${aggregateKey}\n${notice.message}`;

      const before = known.get(key);
      const entry = before ?? { name: eventName(object, nowMs, random), firstMs: nowMs, count: 0 };
      entry.count += 1;
      known.set(key, entry);
      // Counted all the same, as client-go does: the next one that passes says how many there were.
      if (isSpam(objectKey, nowMs)) return { kind: "drop" };
      const event = eventOf({ ...notice, message }, source, entry, nowMs);
      if (before === undefined) return { kind: "create", key, event };
      return {
        kind: "patch",
        key,
        namespace: eventNamespace(object),
        name: entry.name,
        patch: { count: entry.count, lastTimestamp: toTime(nowMs), message },
        event,
      };
    },
  };
}

function objectKeyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return [apiVersion, kind, metadata.namespace ?? "", metadata.name, metadata.uid].join("\n");
}

/** Events about objects without a namespace are in `default`. */
function eventNamespace({ metadata }: KubeObject): string {
  return metadata.namespace ?? "default";
}

/** `name.<nanoseconds in hex>`. The clock gives milliseconds, chance the rest. */
function eventName({ metadata }: KubeObject, nowMs: number, random: RandomStream): string {
  const nowNs = BigInt(Math.floor(nowMs)) * 1_000_000n + BigInt(random.below(1_000_000));
  return `${metadata.name}.${nowNs.toString(16)}`;
}

function eventOf(
  { object, type, reason, message, fieldPath }: EventNotice,
  source: EventSource,
  { name, firstMs, count }: Known,
  nowMs: number,
): ToCreate<CoreEvent> {
  const namespace = eventNamespace(object);
  const involvedObject: ObjectReference = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    ...(object.metadata.namespace === undefined ? {} : { namespace }),
    uid: object.metadata.uid,
    resourceVersion: object.metadata.resourceVersion,
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace },
    involvedObject,
    type,
    reason,
    message,
    source,
    reportingComponent: source.component,
    ...(source.host === undefined ? {} : { reportingInstance: source.host }),
    count,
    firstTimestamp: toTime(firstMs),
    lastTimestamp: toTime(nowMs),
  };
}

interface Lru<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

/** The `max` entries that were set last: a Map keeps the order in which its keys came. */
function createLru<V>(max: number): Lru<V> {
  const entries = new Map<string, V>();
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size <= max) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        break;
      }
    },
  };
}
