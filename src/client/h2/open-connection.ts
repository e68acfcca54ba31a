import { TransportError } from "../../k8s/transport.ts";
import { startWatchdog } from "../connection-watchdog.ts";
import type { OpenHttp2Connection } from "../http2-implementation.ts";
import { toTransportError } from "../transport-errors.ts";
import { ClientConnection } from "./connection.ts";

/** HTTP/2 of our own: for thousands of clients in one process. */
export const openOwnHttp2Connection: OpenHttp2Connection = async (
  socket,
  options,
  onClosed,
  env,
) => {
  const { origin, pingTimeoutMs } = options;
  const where = `connect ${origin}`;
  let afterClose = (): void => {};
  const connection = await new Promise<ClientConnection>((resolve, reject) => {
    const events = {
      onSettled() {
        timer.cancel();
        resolve(opening);
      },
      onClosed(error: unknown) {
        timer.cancel();
        // Without effect once it was settled.
        reject(toTransportError(error ?? new Error("the connection was closed"), where));
        afterClose();
      },
    };
    const opening = new ClientConnection(socket, options, events, env);
    const timer = env.clock.schedule(pingTimeoutMs, () => {
      const text = `${where}: no HTTP/2 settings after ${pingTimeoutMs / 1_000} s`;
      opening.destroy(new TransportError("timeout", text));
    });
  });
  const watchdog = startWatchdog(
    {
      socket,
      openStreams: () => connection.openStreams,
      ping: (onAnswer) => connection.ping(onAnswer),
      close: () => connection.close(),
      destroy: (error) => connection.destroy(error),
    },
    options,
    env,
  );
  afterClose = () => {
    watchdog.cancel();
    onClosed();
  };
  return connection;
};
