import { findCondition } from "../../k8s/conditions.ts";
import type { Pod, Service } from "../../k8s/types/core.ts";

/** Since when a change of endpoints is due, for each service. */
export interface TriggerTimes {
  /** The earliest change since it was last asked for that service, RFC 3339; undefined if there is none. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined;
  forget(key: string): void;
}

interface Seen {
  readonly service: string;
  /** By the name of the pod: when it became ready or ceased to be. */
  readonly pods: ReadonlyMap<string, string>;
}

/**
 * Follows `staging/src/k8s.io/endpointslice/trigger_time_tracker.go`. From this time on, kube-proxy
 * measures how long it took until a change was programmed.
 */
export function createTriggerTimes(): TriggerTimes {
  const seen = new Map<string, Seen>();
  return {
    next(key, { metadata }, pods) {
      const before = seen.get(key);
      const times = new Map<string, string>();
      let earliest: string | undefined;
      const note = (time: string, previous: string | undefined): void => {
        // Whole seconds in UTC: they compare as texts.
        if (previous !== undefined && time <= previous) return;
        if (earliest === undefined || time < earliest) earliest = time;
      };
      for (const pod of pods) {
        const time = readyChangeOf(pod);
        if (time === undefined) continue;
        times.set(pod.metadata.name, time);
        note(time, before?.pods.get(pod.metadata.name));
      }
      note(metadata.creationTimestamp, before?.service);
      seen.set(key, { service: metadata.creationTimestamp, pods: times });
      return earliest;
    },
    forget(key) {
      seen.delete(key);
    },
  };
}

function readyChangeOf({ status }: Pod): string | undefined {
  return findCondition(status?.conditions, "Ready")?.lastTransitionTime;
}
