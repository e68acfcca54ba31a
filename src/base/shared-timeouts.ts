import { setMaxListeners } from "node:events";
import type { Clock, Timer } from "./clock.ts";

/** One user's share of a signal. */
export interface SharedTimeout {
  readonly signal: AbortSignal;
  /** To be called when the user no longer needs the signal. */
  release(): void;
}

/** Time limits for many short requests. */
export interface SharedTimeouts {
  begin(): SharedTimeout;
  /** Aborts all signals that are in use. */
  abortAll(): void;
}

export interface SharedTimeoutsOptions {
  /** After which time a signal is aborted, in milliseconds. */
  readonly timeoutMs: number;
  /** Users that begin within this time share a signal, which the later ones see end sooner. */
  readonly sharedForMs: number;
}

/**
 * Signals that are aborted after a time. An `AbortController` and a timer for each of 500 requests
 * a second are a tenth of what those requests cost, so users of about the same time share them.
 */
export function createSharedTimeouts(
  { timeoutMs, sharedForMs }: SharedTimeoutsOptions,
  clock: Clock,
): SharedTimeouts {
  const inUse = new Set<Share>();
  let latest: Share | undefined;

  return {
    begin() {
      const nowMs = clock.monotonicMs();
      if (latest === undefined || nowMs - latest.sinceMs >= sharedForMs) {
        const share = openShare(timeoutMs, nowMs, clock, () => {
          inUse.delete(share);
          if (latest === share) latest = undefined;
        });
        inUse.add(share);
        latest = share;
      }
      latest.users += 1;
      return latest;
    },
    abortAll() {
      for (const { controller } of inUse) controller.abort();
    },
  };
}

interface Share extends SharedTimeout {
  readonly controller: AbortController;
  readonly sinceMs: number;
  users: number;
}

function openShare(timeoutMs: number, sinceMs: number, clock: Clock, onUnused: () => void): Share {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const timer: Timer = clock.schedule(timeoutMs, () => controller.abort());
  const share: Share = {
    controller,
    signal: controller.signal,
    sinceMs,
    users: 0,
    release() {
      share.users -= 1;
      if (share.users > 0) return;
      timer.cancel();
      onUnused();
    },
  };
  return share;
}
