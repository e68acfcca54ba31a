import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "../base/log.ts";
import { createManualClock } from "../base/manual-clock.ts";
import { createSystemClock } from "../base/system-clock.ts";
import type { ApiRequest } from "../k8s/transport.ts";
import type { ServerConnection } from "./connection.ts";
import { createHttp2Transport } from "./http2-transport.ts";
import {
  expiredCertificate,
  otherCertificate,
  serverCertificate,
  type TestCertificate,
} from "./test-certificates.fixture.ts";
import { bodyOf, listen, respondJson, startTestServer } from "./test-server.fixture.ts";

const env = { clock: createSystemClock({ tickMs: 1 }), log: silentLog };
const get: ApiRequest = { method: "GET", path: "/version" };

const servers: { close(callback: () => void): unknown }[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => new Promise<void>((done) => server.close(done))),
  );
});

async function answer(connection: ServerConnection): Promise<unknown> {
  await using transport = createHttp2Transport(connection, env);
  return bodyOf(await transport(get));
}

/** A server that says something of its own to whoever connects. */
async function startTcpServer(onConnect: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    onConnect(socket);
  });
  servers.push(server);
  return listen(server);
}

describe("one line says what is wrong when", () => {
  test("nobody listens", async () => {
    const port = await startTcpServer(() => {});
    await new Promise<void>((done) => servers.pop()?.close(done));
    await expect(answer({ server: `https://127.0.0.1:${port}` })).rejects.toMatchObject({
      name: "TransportError",
      reason: "unreachable",
      message: `connect 127.0.0.1:${port}: connection refused`,
    });
  });

  test("there is no such host", async () => {
    await expect(answer({ server: "https://no-such-host.invalid:6443" })).rejects.toMatchObject({
      reason: "unreachable",
      message: expect.stringMatching(
        /^connect no-such-host\.invalid:6443: (no such host|the name cannot)/,
      ),
    });
  });

  test("the URL is none", async () => {
    expect(() => createHttp2Transport({ server: "127.0.0.1:6443" }, env)).toThrow(
      'server: expected a URL with https:// or http://, found "127.0.0.1:6443"',
    );
    const proxied = { server: "https://a", proxyUrl: "socks5://proxy:1080" };
    expect(() => createHttp2Transport(proxied, env)).toThrow(
      'proxy: expected a URL with http:// or https://, found "socks5://proxy:1080"',
    );
  });

  test("plain HTTP answers where TLS is wanted", async () => {
    const server = createHttpServer((_, response) => response.end());
    servers.push(server);
    const port = await listen(server);
    await expect(answer({ server: `https://127.0.0.1:${port}` })).rejects.toMatchObject({
      reason: "protocol",
      message: `connect 127.0.0.1:${port}: what answers does not speak TLS; is it an http:// server?`,
    });
  });

  test("TLS answers where plain HTTP is wanted, as Go's server does", async () => {
    const server = createHttpServer((_, response) => {
      response.writeHead(400).end("Client sent an HTTP request to an HTTPS server.\n");
    });
    servers.push(server);
    const port = await listen(server);
    await expect(answer({ server: `http://127.0.0.1:${port}` })).rejects.toMatchObject({
      reason: "protocol",
      message: `http://127.0.0.1:${port}: the server speaks TLS; use https://`,
    });
  });

  test("something else than HTTP answers", async () => {
    const port = await startTcpServer((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"));
    await expect(answer({ server: `http://127.0.0.1:${port}` })).rejects.toMatchObject({
      reason: "protocol",
      message: `GET http://127.0.0.1:${port}: what answers does not speak HTTP`,
    });
  });

  test("the connection is cut in the middle of the handshake", async () => {
    const port = await startTcpServer((socket) => socket.destroy());
    await expect(answer({ server: `https://127.0.0.1:${port}` })).rejects.toMatchObject({
      reason: "connection-lost",
      message: expect.stringMatching(/^connect 127\.0\.0\.1:\d+: /),
    });
  });

  test("nothing at all answers", async () => {
    const clock = createManualClock();
    let connected: () => void = () => {};
    const isConnected = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const sockets: Socket[] = [];
    const port = await startTcpServer((socket) => {
      sockets.push(socket);
      connected();
    });
    await using transport = createHttp2Transport(
      { server: `https://127.0.0.1:${port}` },
      { clock, log: silentLog },
    );
    const response = transport(get);
    response.catch(() => {});
    await isConnected;
    await clock.advance(30_000);
    await expect(response).rejects.toMatchObject({
      reason: "timeout",
      message: `connect 127.0.0.1:${port}: no connection after 30 s`,
    });
    for (const socket of sockets) socket.destroy();
  });

  test.each([
    {
      name: "is not trusted",
      certificate: serverCertificate,
      ca: otherCertificate.cert,
      says: "is signed by an unknown authority",
    },
    {
      name: "has expired",
      certificate: expiredCertificate,
      ca: expiredCertificate.cert,
      says: "has expired",
    },
    {
      name: "is for another name",
      certificate: otherCertificate,
      ca: otherCertificate.cert,
      says: "is for another name",
    },
  ])("the server's certificate $name", async ({ certificate, ca, says }) => {
    await using server = await startTestServer(certificate, ({ stream }) =>
      respondJson(stream, "ok"),
    );
    await expect(answer({ server: server.url, tls: { ca } })).rejects.toMatchObject({
      reason: "tls",
      message: expect.stringMatching(`^connect 127.0.0.1:${server.port}: its certificate ${says}`),
    });
    expect(await answer({ server: server.url, tls: { ca, insecure: true } })).toBe("ok");
  });

  test("the server wants a client certificate and there is none", async () => {
    const options = { ...serverCertificate, ca: otherCertificate.cert, requestCert: true };
    const server = createHttpsServer({ ...options, rejectUnauthorized: true });
    servers.push(server);
    const port = await listen(server);
    const tls = { ca: serverCertificate.cert };
    await expect(answer({ server: `https://127.0.0.1:${port}`, tls })).rejects.toMatchObject({
      name: "TransportError",
      reason: "tls",
      message: expect.stringContaining("the server asks for a client certificate"),
    });
  });
});

test("the certificate may be asked for by another name", async () => {
  await using server = await startTestServer(otherCertificate, ({ stream }) =>
    respondJson(stream, "ok"),
  );
  const tls = { ca: otherCertificate.cert, serverName: "other.example" };
  expect(await answer({ server: server.url, tls })).toBe("ok");
});

describe("through a proxy", () => {
  /** A proxy that notes what it is asked for. */
  async function startProxy(asked: string[], refuse = false): Promise<number> {
    const { connect } = await import("node:net");
    const server = createHttpServer();
    server.on("connect", (request, socket: Socket) => {
      asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? "nobody"}`);
      socket.on("error", () => {});
      if (refuse) {
        socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        return;
      }
      const target = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        socket.pipe(target).pipe(socket);
      });
      target.on("error", () => socket.destroy());
      socket.on("close", () => target.destroy());
    });
    servers.push(server);
    return listen(server);
  }
  const tls = (certificate: TestCertificate) => ({ ca: certificate.cert });

  test("requests take a tunnel", async () => {
    await using server = await startTestServer(serverCertificate, ({ stream }) =>
      respondJson(stream, "ok"),
    );
    const asked: string[] = [];
    const port = await startProxy(asked);
    const proxyUrl = `http://jane:pass%20word@127.0.0.1:${port}`;
    expect(await answer({ server: server.url, tls: tls(serverCertificate), proxyUrl })).toBe("ok");
    const credentials = Buffer.from("jane:pass word").toString("base64");
    expect(asked).toEqual([`127.0.0.1:${server.port} Basic ${credentials}`]);
  });

  test("a refusal is told in one line, and so is a proxy that is not there", async () => {
    const port = await startProxy([], true);
    const connection = { server: "https://one.example:6443", proxyUrl: `http://127.0.0.1:${port}` };
    await expect(answer(connection)).rejects.toMatchObject({
      reason: "unreachable",
      message: expect.stringMatching(/the proxy refused CONNECT: HTTP\/1\.1 403 Forbidden$/),
    });
    await new Promise<void>((done) => servers.pop()?.close(done));
    await expect(answer(connection)).rejects.toMatchObject({
      reason: "unreachable",
      message: `connect one.example:6443: proxy 127.0.0.1:${port}: connection refused`,
    });
  });
});
