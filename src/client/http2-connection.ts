import { type ClientHttp2Session, connect } from "node:http2";
import type { Socket } from "node:net";
import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { TransportError } from "../k8s/transport.ts";
import { exchange, type Outcome } from "./http2-exchange.ts";
import { toTransportError } from "./transport-errors.ts";
import type { WireRequest } from "./wire-request.ts";

export interface Http2ConnectionOptions {
  /** `https://host:6443` */
  readonly origin: string;
  /** Without an answer of the server for so long it is pinged, in milliseconds. */
  readonly pingAfterMs: number;
  /** How long the answer to a ping may take, in milliseconds. */
  readonly pingTimeoutMs: number;
  /** Without a request for so long it is closed, in milliseconds. */
  readonly closeAfterMs: number;
}

/** One connection, ready for requests. */
export interface Http2Connection {
  /** Keeps a place for one more request; false if there is none. */
  reserve(): boolean;
  /** Sends a request in the place that was kept for it. */
  send(request: WireRequest): Promise<Outcome>;
  close(): void;
}

/** Windows as large as those of Go's client: a list shall not wait for the next WINDOW_UPDATE. */
const streamWindowBytes = 4 * 1_024 * 1_024;
const connectionWindowBytes = 64 * 1_024 * 1_024;
/** In megabytes. Node's default of 10 refuses new streams while large lists are under way. */
const sessionMemoryMb = 1_024;
/** For a server that sets no limit. */
const streamsMax = 1_000;
const checksPerIdle = 3;

/**
 * Makes an HTTP/2 connection of a socket whose server has chosen h2. Resolves when the server's
 * settings are in: before that nobody knows how many streams it takes.
 */
export async function openHttp2Connection(
  socket: Socket,
  options: Http2ConnectionOptions,
  onClosed: () => void,
  env: Pick<Env, "clock" | "log">,
): Promise<Http2Connection> {
  const session = connect(options.origin, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: streamWindowBytes },
    maxSessionMemory: sessionMemoryMb,
  });
  let lastProcessedId: number | undefined;
  let open = 0;
  let limit = streamsMax;

  session.on("remoteSettings", ({ maxConcurrentStreams }) => {
    limit = Math.max(1, Math.min(maxConcurrentStreams ?? streamsMax, streamsMax));
  });
  session.on("goaway", (code, lastStreamId) => {
    lastProcessedId = lastStreamId;
    env.log.debug("the server closes a connection", { server: options.origin, code, lastStreamId });
  });
  await settled(session, options, env);

  session.setLocalWindowSize(connectionWindowBytes);
  const watchdog = startWatchdog(session, socket, options, () => open, env);
  session.on("close", () => {
    watchdog.cancel();
    onClosed();
  });

  const context = {
    where: options.origin,
    lastProcessedId: () => lastProcessedId,
    onClosed: () => {
      open -= 1;
    },
  };
  return {
    reserve() {
      const isUsable = !session.closed && !session.destroyed && lastProcessedId === undefined;
      if (!isUsable || open >= limit) return false;
      open += 1;
      return true;
    },
    send: (request) => exchange(session, request, context),
    close: () => session.destroy(),
  };
}

function settled(
  session: ClientHttp2Session,
  { origin, pingTimeoutMs }: Http2ConnectionOptions,
  { clock }: Pick<Env, "clock">,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const where = `connect ${origin}`;
    const timer = clock.schedule(pingTimeoutMs, () => {
      reject(
        new TransportError(
          "timeout",
          `${where}: no HTTP/2 settings after ${pingTimeoutMs / 1_000} s`,
        ),
      );
      session.destroy();
    });
    let failed: unknown;
    // Kept for good: an error of a session that nobody listens to ends the process.
    session.on("error", (error) => {
      failed = error;
    });
    session.once("remoteSettings", () => {
      timer.cancel();
      resolve();
    });
    session.once("close", () => {
      timer.cancel();
      const error = failed ?? new Error("the server closed the connection");
      reject(toTransportError(error, where)); // Without effect once it was settled.
    });
  });
}

/**
 * Pings a connection on which nothing came in for a while, as client-go does, and closes one that is
 * dead or has not been used for long. It counts the bytes of the socket, so that reading costs
 * nothing more.
 */
function startWatchdog(
  session: ClientHttp2Session,
  socket: Socket,
  { origin, pingAfterMs, pingTimeoutMs, closeAfterMs }: Http2ConnectionOptions,
  openStreams: () => number,
  { clock }: Pick<Env, "clock">,
): Timer {
  const checkMs = pingAfterMs / checksPerIdle;
  let seenBytes = socket.bytesRead;
  let readMs = clock.monotonicMs();
  let usedMs = readMs;
  let answerTimer: Timer | undefined;

  const ping = (): void => {
    answerTimer = clock.schedule(pingTimeoutMs, () => {
      const text = `${origin}: no answer to a ping for ${pingTimeoutMs / 1_000} s`;
      session.destroy(new TransportError("connection-lost", text));
    });
    session.ping((error) => {
      answerTimer?.cancel();
      answerTimer = undefined;
      if (error !== null) return;
      readMs = clock.monotonicMs();
      seenBytes = socket.bytesRead;
    });
  };
  const check = (): void => {
    if (session.destroyed) return;
    const nowMs = clock.monotonicMs();
    if (socket.bytesRead !== seenBytes) readMs = nowMs;
    seenBytes = socket.bytesRead;
    if (openStreams() > 0) usedMs = nowMs;
    if (nowMs - usedMs >= closeAfterMs) {
      session.close();
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
