import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Env } from "../../base/env.ts";
import { createSystemClock } from "../../base/system-clock.ts";
import { createTestEnv } from "../../base/test-env.ts";
import { type ApiServer, createApiServer } from "../api-server.ts";
import { adminUser, createClusterCertificates } from "../certificates/cluster-certificates.ts";
import type { KeyPair } from "../certificates/x509.ts";
import { type Listener, startListener } from "./listener.ts";

// Sockets need real time; chance stays seeded.
const env: Env = { ...createTestEnv(), clock: createSystemClock({ tickMs: 1 }) };
const certificates = createClusterCertificates({}, env);
const admin = certificates.issueClient(adminUser);
const tls = { serving: certificates.serving, clientCaPem: certificates.caPem };
const configMaps = "/api/v1/namespaces/default/configmaps";

let server: ApiServer;
let listener: Listener;

beforeEach(async () => {
  const tokens = { secret: { name: "somebody", groups: [] } };
  server = createApiServer({ tokens }, env);
  listener = await startListener({ server, tls }, env);
});

afterEach(async () => {
  await listener[Symbol.asyncDispose]();
  server.close();
});

interface Reply {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  json(): Record<string, unknown>;
}

function session(client?: KeyPair): ClientHttp2Session {
  const identity = client === undefined ? {} : { cert: client.certPem, key: client.keyPem };
  return connect(listener.url, { ca: certificates.caPem, ...identity });
}

function send(
  from: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = from.request(headers, { endStream: body === undefined });
    let head: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on("response", (received) => {
      head = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const whole = Buffer.concat(chunks);
      resolve({ headers: head, body: whole, json: () => JSON.parse(whole.toString()) });
    });
    stream.on("error", reject);
    if (body !== undefined) stream.end(body);
  });
}

async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const value = { metadata: { name: `cm-${index}` }, data: { text: "x".repeat(400) } };
    const body = { kind: "object", value } as const;
    await server.handle({ method: "POST", path: configMaps, body, user: adminUser });
  }
}

test("a client certificate says who asks, over HTTP/2", async () => {
  const client = session(admin);
  const reply = await send(
    client,
    {
      ":method": "POST",
      ":path": "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      "content-type": "application/json",
    },
    "{}",
  );
  client.close();
  expect(reply.headers[":status"]).toBe(201);
  expect(reply.headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(reply.json()).toMatchObject({
    status: {
      userInfo: {
        username: "kubernetes-admin",
        groups: adminUser.groups.concat("system:authenticated"),
      },
    },
  });
});

test.each([
  { name: "a token", headers: { authorization: "Bearer secret" }, client: undefined, status: 200 },
  { name: "nothing", headers: {}, client: undefined, status: 401 },
  {
    name: "a certificate of another authority",
    headers: {},
    client: createClusterCertificates({}, env).issueClient(adminUser),
    status: 401,
  },
])("with $name the answer is $status", async ({ headers, client, status }) => {
  const from = session(client);
  const reply = await send(from, { ":path": "/api/v1/nodes", ...headers });
  from.close();
  expect(reply.headers[":status"]).toBe(status);
});

test("HTTP/1.1 works on the same port", async () => {
  const body = await new Promise<string>((resolve, reject) => {
    const { certPem: cert, keyPem: key } = admin;
    const request = httpsRequest(
      `${listener.url}/version`,
      { ca: certificates.caPem, cert, key, agent: false },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () => resolve(text));
      },
    );
    request.on("error", reject);
    request.end();
  });
  expect(JSON.parse(body)).toMatchObject({ gitVersion: "v1.34.4" });
});

test.each([
  { type: "application/json", body: '{"metadata":{"name":"a"}}', status: 201 },
  { type: "application/yaml", body: "metadata: {name: a}", status: 201 },
  { type: "", body: '{"metadata":{"name":"a"}}', status: 201 },
  { type: "application/json", body: "{nonsense", status: 400 },
  { type: "application/yaml", body: "a: [", status: 400 },
  { type: "text/plain", body: "{}", status: 415 },
  { type: "application/json", body: `"${"x".repeat(3 * 1024 * 1024)}"`, status: 413 },
])("a body of type '$type' is answered with $status", async ({ type, body, status }) => {
  const client = session(admin);
  const headers = type === "" ? {} : { "content-type": type };
  const reply = await send(client, { ":method": "POST", ":path": configMaps, ...headers }, body);
  client.close();
  expect([reply.headers[":status"], reply.json()["kind"]]).toEqual([
    status,
    status === 201 ? "ConfigMap" : "Status",
  ]);
});

test("a field that is given twice is told of", async () => {
  const client = session(admin);
  const body = '{"metadata":{"name":"a"},"data":{"b":"1","b":"2"}}';
  const reply = await send(client, { ":method": "POST", ":path": configMaps }, body);
  client.close();
  expect(reply.headers["warning"]).toBe(String.raw`299 - "duplicate field \"data.b\""`);
});

test.each([
  { count: 2, accept: "gzip", compressed: false },
  { count: 600, accept: "", compressed: false },
  { count: 600, accept: "gzip", compressed: true },
])(
  "a list of $count for Accept-Encoding '$accept' is compressed: $compressed",
  async ({ count, accept, compressed }) => {
    await fill(count);
    const client = session(admin);
    const reply = await send(client, { ":path": configMaps, "accept-encoding": accept });
    client.close();
    expect(reply.headers["content-encoding"]).toBe(compressed ? "gzip" : undefined);
    const text = compressed ? gunzipSync(reply.body) : reply.body;
    expect(JSON.parse(text.toString())).toMatchObject({ kind: "ConfigMapList" });
    expect(JSON.parse(text.toString()).items).toHaveLength(count);
  },
);

test("people get indented JSON, and YAML when they ask for it", async () => {
  const client = session(admin);
  const pretty = await send(client, { ":path": "/api/v1/namespaces/default?pretty=true" });
  const yaml = await send(client, {
    ":path": "/api/v1/namespaces/default",
    accept: "application/yaml",
  });
  client.close();
  expect(pretty.body.toString()).toContain('\n  "kind": "Namespace"');
  expect(yaml.body.toString()).toContain("\nkind: Namespace\n");
});

test("a watch is a line of JSON an event, and ends with the listener", async () => {
  const client = session(admin);
  const stream = client.request({ ":path": `${configMaps}?watch=1` });
  const lines: { type: string; object: { metadata: { name: string } } }[] = [];
  const ended = new Promise<void>((resolve) => {
    stream.on("end", resolve);
  });
  const first = new Promise<void>((resolve) => {
    stream.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().trim().split("\n")) lines.push(JSON.parse(line));
      resolve();
    });
  });
  await new Promise<void>((resolve) => {
    stream.on("response", () => resolve());
  });
  await fill(2);
  await first;
  const startedMs = env.clock.monotonicMs();
  await listener[Symbol.asyncDispose]();
  await ended;
  expect(env.clock.monotonicMs() - startedMs).toBeLessThan(1_500);
  expect(lines.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
    "ADDED cm-0",
    "ADDED cm-1",
  ]);
});

test("a watch whose client has gone is stopped", async () => {
  let stopped = (): void => undefined;
  const stop = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const observed: ApiServer = {
    ...server,
    handle: async (asked) => {
      const response = await server.handle(asked);
      const { body } = response;
      if (body.kind !== "watch") return response;
      const open: typeof body.open = (sink) => {
        const handle = body.open(sink);
        return {
          stop: () => {
            handle.stop();
            stopped();
          },
        };
      };
      return { ...response, body: { kind: "watch", open } };
    },
  };
  await using other = await startListener({ server: observed, tls }, env);
  const { certPem: cert, keyPem: key } = admin;
  const client = connect(other.url, { ca: certificates.caPem, cert, key });
  const stream = client.request({ ":path": `${configMaps}?watch=1` });
  await new Promise<void>((resolve) => {
    stream.on("response", () => resolve());
  });
  client.destroy();
  await stop;
});

test("a port in use is an error that says so", async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, "127.0.0.1", () => {
      const address = other.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  await expect(startListener({ server, port, tls }, env)).rejects.toMatchObject({
    reason: "port-in-use",
    message: `listen on 127.0.0.1:${port}: another program uses that port`,
  });
  other.close();
});

test("an address of another machine is an error that says so", async () => {
  await expect(startListener({ server, host: "192.0.2.77", tls }, env)).rejects.toMatchObject({
    reason: "no-such-address",
  });
});
