import type { Env } from "../base/env.ts";
import type { ApiRequest, ApiResponse, Transport } from "../k8s/transport.ts";

/** How long calls may follow each other before the event loop gets a turn. */
const sliceMs = 10;

/**
 * A transport within the process that leaves room for the rest of it. Calls of `next` are answered
 * by promises alone, so thousands of them in a row would keep the event loop from timers, sockets
 * and signals until the last; here it turns at least each 10 ms.
 */
export function createFairTransport(next: Transport, { clock }: Pick<Env, "clock">): Transport {
  let sliceEndMs = 0;
  let turning: Promise<void> | undefined;

  async function turn(): Promise<void> {
    await clock.turn();
    sliceEndMs = clock.monotonicMs() + sliceMs;
    turning = undefined;
  }

  const mustTurn = (): boolean => turning !== undefined || clock.monotonicMs() >= sliceEndMs;

  async function later(request: ApiRequest): Promise<ApiResponse> {
    while (mustTurn()) {
      turning ??= turn();
      await turning;
    }
    return next(request);
  }

  // Most calls need not wait, and so no promise of ours.
  return (request) => (mustTurn() ? later(request) : next(request));
}
