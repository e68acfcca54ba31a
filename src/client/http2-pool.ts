import { abortable } from "../base/abortable.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { type ApiResponse, TransportError } from "../k8s/transport.ts";
import type { Dialer } from "./dialer.ts";
import type { Http2Connection, OpenHttp2Connection } from "./http2-implementation.ts";
import type { WireRequest } from "./wire-request.ts";

/** As many connections to one server as the requests that are open need. */
export interface Http2Pool {
  send(request: WireRequest): Promise<ApiResponse>;
  close(): void;
}

/** Who hears of the connections of a transport, or of many. Calls must not throw. */
export interface ConnectionObserver {
  /** @param again whether the same client had one before */
  opened(again: boolean): void;
  closed(): void;
  /** None came about. */
  failed(): void;
}

/** Thrown by `send` when the server offers no HTTP/2. */
export class NoHttp2Error extends Error {
  override readonly name = "NoHttp2Error";
}

/** How often a request goes to another connection because a server gave one up before looking at it. */
const attemptsMax = 5;

/** Requests that wait for one new connection: the limit that kube-apiserver sets, known before it says so. */
const waitersPerDial = 100;

/**
 * Which requests share connections. `apart`: watches have others than short requests, which then are
 * never stuck behind a flood of events, nor count their places among watches that stay. `together`:
 * all that are open have one, as in Go, until the server takes no more on it.
 */
export type Lanes = "apart" | "together";

export interface Http2PoolOptions {
  readonly lanes: Lanes;
  readonly observer: ConnectionObserver | undefined;
  /** How long to wait before another connection is made where there was one, in milliseconds. */
  readonly reconnectDelayMs: (() => number) | undefined;
}

export function createHttp2Pool(
  dialer: Dialer,
  open: OpenHttp2Connection,
  options: Http2PoolOptions,
  env: Pick<Env, "clock" | "log">,
): Http2Pool {
  const openLane = (): Lane => createLane(dialer, open, options, env);
  const short = openLane();
  const lanes = { short, watch: options.lanes === "apart" ? openLane() : short };
  return {
    async send(request) {
      const lane = request.answer === "bytes" ? lanes.short : lanes.watch;
      for (let attempt = 1; ; attempt += 1) {
        // Not awaited when there is room: what is sent in one tick shall leave in one write.
        const connection = lane.reserve() ?? (await lane.connect(request.signal));
        const outcome = await connection.send(request);
        if (outcome.kind === "answered") return outcome.response;
        if (attempt === attemptsMax) throw outcome.error;
      }
    },
    close() {
      lanes.short.close();
      lanes.watch.close();
    },
  };
}

interface Lane {
  /** A connection with a place kept for one request. */
  reserve(): Http2Connection | undefined;
  /** Waits for such a one; opens another where those that are being opened do not suffice. */
  connect(signal: AbortSignal | undefined): Promise<Http2Connection>;
  close(): void;
}

interface Dialing {
  readonly done: Promise<void>;
  waiters: number;
}

function createLane(
  dialer: Dialer,
  open: OpenHttp2Connection,
  { lanes, observer, reconnectDelayMs }: Http2PoolOptions,
  env: Pick<Env, "clock" | "log">,
): Lane {
  const connections = new Set<Http2Connection>();
  const dialing = new Set<Dialing>();
  let isClosed = false;
  let hasConnected = false;

  const reserve = (): Http2Connection | undefined => {
    for (const connection of connections) if (connection.reserve()) return connection;
    return undefined;
  };

  async function dial(): Promise<void> {
    if (hasConnected && connections.size === 0 && reconnectDelayMs !== undefined) {
      await sleep(env.clock, reconnectDelayMs());
      if (isClosed) throw closedError();
    }
    const socket = await dialer.open(["h2", "http/1.1"]);
    if (!("alpnProtocol" in socket) || socket.alpnProtocol !== "h2") {
      socket.destroy();
      throw new NoHttp2Error();
    }
    const options = {
      origin: dialer.url.origin,
      // One of thousands of connections, each with few answers, keeps none of their headers.
      headerTableBytes: lanes === "together" ? 0 : 4_096,
      pingAfterMs: 30_000,
      pingTimeoutMs: 15_000,
      closeAfterMs: 90_000,
    };
    let opened: Http2Connection | undefined;
    const onClosed = (): void => {
      if (opened === undefined) return;
      connections.delete(opened);
      observer?.closed();
    };
    opened = await open(socket, options, onClosed, env);
    observer?.opened(hasConnected);
    hasConnected = true;
    if (isClosed) opened.close();
    else connections.add(opened);
  }

  function startDialing(): Dialing {
    const done = dial()
      .catch((error: unknown) => {
        observer?.failed();
        throw error;
      })
      .finally(() => dialing.delete(started));
    const started: Dialing = { done, waiters: 0 };
    dialing.add(started);
    return started;
  }

  return {
    reserve,
    async connect(signal) {
      for (;;) {
        if (isClosed) throw closedError();
        signal?.throwIfAborted();
        const found = reserve();
        if (found !== undefined) return found;
        const joined =
          [...dialing].find(({ waiters }) => waiters < waitersPerDial) ?? startDialing();
        joined.waiters += 1;
        await abortable(joined.done, signal);
      }
    },
    close() {
      isClosed = true;
      for (const connection of connections) connection.close();
      connections.clear();
    },
  };
}

export function closedError(): TransportError {
  return new TransportError("closed", "the transport is closed");
}
