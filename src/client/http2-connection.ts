import { type ClientHttp2Session, connect } from "node:http2";
import type { Socket } from "node:net";
import type { Env } from "../base/env.ts";
import { TransportError } from "../k8s/transport.ts";
import { startWatchdog, type WatchedConnection } from "./connection-watchdog.ts";
import { exchange } from "./http2-exchange.ts";
import {
  connectionWindowBytes,
  type Http2ConnectionOptions,
  type OpenHttp2Connection,
  streamsMax,
} from "./http2-implementation.ts";
import { toTransportError } from "./transport-errors.ts";

/** Windows as large as those of Go's client: a list shall not wait for the next WINDOW_UPDATE. */
const streamWindowBytes = 4 * 1_024 * 1_024;
/** In megabytes. Node's default of 10 refuses new streams while large lists are under way. */
const sessionMemoryMb = 1_024;

/** HTTP/2 as `node:http2` has it. */
export const openNodeHttp2Connection: OpenHttp2Connection = async (
  socket,
  options,
  onClosed,
  env,
) => {
  const session = connect(options.origin, {
    createConnection: () => socket,
    settings: {
      enablePush: false,
      headerTableSize: options.headerTableBytes,
      initialWindowSize: streamWindowBytes,
    },
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
  const watchdog = startWatchdog(
    watched(session, socket, () => open),
    options,
    env,
  );
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
};

function watched(
  session: ClientHttp2Session,
  socket: Socket,
  openStreams: () => number,
): WatchedConnection {
  return {
    socket,
    openStreams,
    ping(onAnswer) {
      session.ping((error) => {
        if (error === null) onAnswer();
      });
    },
    close: () => session.close(),
    destroy: (error) => session.destroy(error),
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
