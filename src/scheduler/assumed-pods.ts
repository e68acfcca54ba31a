import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";

/**
 * Pods that we have put on a node before the watch says so: they take up room at once, so that the
 * next decision knows of them. One that is bound but never seen is given up after a while.
 */
export interface AssumedPods {
  assume(uid: string): void;
  /** The binding is made: from now on the watch has its time to confirm it. */
  bound(uid: string): void;
  /** The watch has shown it, or it is over; false if it was not assumed. */
  settle(uid: string): boolean;
  has(uid: string): boolean;
  close(): void;
}

export function createAssumedPods(
  { ttlMs, onExpired }: { readonly ttlMs: number; readonly onExpired: (uid: string) => void },
  { clock }: Pick<Env, "clock">,
): AssumedPods {
  const timers = new Map<string, Timer | undefined>();
  return {
    assume(uid) {
      timers.set(uid, undefined);
    },
    bound(uid) {
      if (!timers.has(uid)) return;
      const timer = clock.schedule(ttlMs, () => {
        timers.delete(uid);
        onExpired(uid);
      });
      timers.set(uid, timer);
    },
    settle(uid) {
      timers.get(uid)?.cancel();
      return timers.delete(uid);
    },
    has: (uid) => timers.has(uid),
    close() {
      for (const timer of timers.values()) timer?.cancel();
      timers.clear();
    },
  };
}
