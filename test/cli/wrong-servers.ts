import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { serverCertificate } from "../../src/client/test-certificates.fixture.ts";
import {
  listen,
  respondJson,
  startTestServer,
  type TestRequest,
} from "../../src/client/test-server.fixture.ts";

/** Something that listens where a kubeconfig says that an API server is. */
export interface WrongServer extends AsyncDisposable {
  readonly url: string;
}

/** A port on which nobody listens. */
export async function startNoServer(): Promise<WrongServer> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return { url: `https://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => {} };
}

/** A web server without TLS. */
export async function startPlainHttpServer(): Promise<WrongServer> {
  return serve(createHttpServer((_, response) => response.end("hello")));
}

/** A TLS server that answers with a line, as a mail server does. */
export async function startTlsMailServer(): Promise<WrongServer> {
  const options = { ...serverCertificate, ALPNProtocols: ["h2", "http/1.1"] };
  return serve(createTlsServer(options, (socket) => socket.end("220 mail ready\r\n")));
}

/** A web server that knows no `/version`. */
export function startOtherWebServer(): Promise<WrongServer> {
  return answering(({ stream }) => respondJson(stream, { hello: "world" }, 404));
}

/** An API server that takes no credentials. */
export function startRefusingServer(): Promise<WrongServer> {
  const status = { kind: "Status", apiVersion: "v1", status: "Failure", code: 401 };
  return answering(({ stream }) =>
    respondJson(stream, { ...status, reason: "Unauthorized", message: "Unauthorized" }, 401),
  );
}

/** An API server of that version. */
export function startServerOfVersion(gitVersion: string): Promise<WrongServer> {
  return answering(({ stream }) => respondJson(stream, { major: "1", gitVersion }));
}

function answering(respond: (request: TestRequest) => void): Promise<WrongServer> {
  return startTestServer(serverCertificate, respond);
}

async function serve(server: Server): Promise<WrongServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => {});
    sockets.add(socket);
  });
  const port = await listen(server);
  return {
    url: `https://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
