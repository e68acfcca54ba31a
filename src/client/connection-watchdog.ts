import type { Socket } from "node:net";
import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { TransportError } from "../k8s/transport.ts";
import type { Http2ConnectionOptions } from "./http2-implementation.ts";

/** What the watchdog asks of a connection. */
export interface WatchedConnection {
  readonly socket: Socket;
  openStreams(): number;
  /** Calls back when the answer is in. */
  ping(onAnswer: () => void): void;
  /** Takes no more requests, and closes. */
  close(): void;
  destroy(error: TransportError): void;
}

const checksPerIdle = 3;

/**
 * Pings a connection on which nothing came in for a while, as client-go does, and closes one that is
 * dead or has not been used for long. It counts the bytes of the socket, so that reading costs
 * nothing more.
 */
export function startWatchdog(
  connection: WatchedConnection,
  { origin, pingAfterMs, pingTimeoutMs, closeAfterMs }: Http2ConnectionOptions,
  { clock }: Pick<Env, "clock">,
): Timer {
  const { socket } = connection;
  const checkMs = pingAfterMs / checksPerIdle;
  let seenBytes = socket.bytesRead;
  let readMs = clock.monotonicMs();
  let usedMs = readMs;
  let answerTimer: Timer | undefined;

  const ping = (): void => {
    answerTimer = clock.schedule(pingTimeoutMs, () => {
      const text = `${origin}: no answer to a ping for ${pingTimeoutMs / 1_000} s`;
      connection.destroy(new TransportError("timeout", text));
    });
    connection.ping(() => {
      answerTimer?.cancel();
      answerTimer = undefined;
      readMs = clock.monotonicMs();
      seenBytes = socket.bytesRead;
    });
  };
  const check = (): void => {
    const nowMs = clock.monotonicMs();
    if (socket.bytesRead !== seenBytes) readMs = nowMs;
    seenBytes = socket.bytesRead;
    if (connection.openStreams() > 0) usedMs = nowMs;
    if (nowMs - usedMs >= closeAfterMs) {
      connection.close();
      return;
    }
    if (nowMs - readMs >= pingAfterMs && answerTimer === undefined) ping();
    timer = clock.schedule(checkMs, check);
  };
  let timer = clock.schedule(checkMs, check);
  return {
    cancel() {
      timer.cancel();
      answerTimer?.cancel();
    },
  };
}
