import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { ControlPlane } from "../../test/control-plane/control-plane.ts";
import { HeaderTap, type RequestHeaders } from "./header-tap.ts";

/** Stands between clients and kube-apiserver, and notes down headers. */
export interface HeaderRecorder extends AsyncDisposable {
  readonly url: string;
  /** So far, in the order of the answers. @throws if something could not be read along. */
  headers(): readonly RequestHeaders[];
}

/**
 * Starts it in front of a control plane, with kube-apiserver's own certificate. Each connection to
 * it has a connection of its own to the server, and what is decrypted passes through unchanged.
 */
export async function startHeaderRecorder(
  plane: Pick<ControlPlane, "url" | "caFile">,
): Promise<HeaderRecorder> {
  const cert = await readFile(plane.caFile);
  const key = await readFile(join(dirname(plane.caFile), "apiserver.key"));
  const { hostname, port } = new URL(plane.url);
  const headers: RequestHeaders[] = [];
  const failures: unknown[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert, key, ALPNProtocols: ["h2"] }, (client) => {
    const upstream = connect({
      host: hostname,
      port: Number(port),
      ca: cert,
      ALPNProtocols: ["h2"],
    });
    const tap = new HeaderTap((answered) => headers.push(answered));
    passOn(
      client,
      upstream,
      sockets,
      readingAlong((chunk) => tap.fromClient(chunk), failures),
    );
    passOn(
      upstream,
      client,
      sockets,
      readingAlong((chunk) => tap.fromServer(chunk), failures),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    url: `https://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    headers() {
      if (failures.length > 0) throw new Error("headers were missed", { cause: failures[0] });
      return headers;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Gives what comes from one socket to the other, until either ends. */
function passOn(
  from: TLSSocket,
  to: TLSSocket,
  sockets: Set<TLSSocket>,
  read: (chunk: Buffer) => void,
): void {
  sockets.add(from);
  from.on("data", read);
  from.pipe(to);
  from.on("error", () => {}); // It closes too.
  from.on("close", () => {
    sockets.delete(from);
    to.destroy();
  });
}

/** Reads until it cannot; what passes through goes on all the same. */
function readingAlong(read: (chunk: Buffer) => void, failures: unknown[]): (chunk: Buffer) => void {
  let isReading = true;
  return (chunk) => {
    if (!isReading) return;
    try {
      read(chunk);
    } catch (error) {
      isReading = false;
      failures.push(error);
    }
  };
}
