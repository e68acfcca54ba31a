import { once } from "node:events";
import { connect, createSecureContext } from "node:tls";
import { silentLog } from "../../src/base/log.ts";
import { createRandom } from "../../src/base/random.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { bearerToken, createTransports } from "../../src/client/index.ts";
import { serverCertificate } from "../../src/client/test-certificates.fixture.ts";
import type { ApiRequest, Transport } from "../../src/k8s/transport.ts";
import { type ClientResult, type ClientTask, watchPaths } from "./protocol.ts";

const task: ClientTask = JSON.parse(process.argv[2] ?? "");
const { port, http2, work } = task;
const clock = createSystemClock();
const eventRounds = 10;

const contentType = work.kind === "events" ? work.contentType : "application/json";
const headers = { accept: `${contentType}, */*`, "user-agent": "hollow-kubelet" };
const writeHeaders = { ...headers, "content-type": "application/json" };
let events = 0;

function count(batch: readonly unknown[]): void {
  events += batch.length;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function settledRss(): number {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  return process.memoryUsage.rss();
}

async function openTls(): Promise<unknown> {
  const socket = connect({ host: "127.0.0.1", port, secureContext, ALPNProtocols: ["h2"] });
  socket.on("data", () => {});
  await once(socket, "secureConnect");
  return socket;
}

async function openNode(): Promise<Transport> {
  const transport = transports.open();
  for (const path of watchPaths) {
    const query = { allowWatchBookmarks: "true", resourceVersion: "1", watch: "true" };
    const { body } = await transport({ method: "GET", path, headers, query });
    if (body.kind !== "watch") throw new Error(`not a watch: ${path}`);
    body.open({ events: count, closed: () => {} });
  }
  return transport;
}

async function renewLeases(nodes: readonly Transport[], forMs: number): Promise<number> {
  const beganMs = performance.now();
  let sent = 0;
  let answered = 0;
  const onAnswer = (): void => {
    answered += 1;
  };
  const perMs = nodes.length / 10_000;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - beganMs;
      for (; sent < elapsedMs * perMs; sent += 1) {
        const request = leaseRequest(sent % nodes.length);
        nodes[sent % nodes.length]?.(request).then(onAnswer);
      }
      if (elapsedMs < forMs) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
  return answered;
}

function leaseRequest(index: number): ApiRequest {
  const name = `hollow-${index}`;
  const value = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace: "kube-node-lease", resourceVersion: "1" },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: new Date().toISOString() },
  };
  return {
    method: "PUT",
    path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`,
    query: { timeout: "10s" },
    headers: writeHeaders,
    body: { kind: "object", value },
  };
}

async function receiveEvents(areSame: boolean): Promise<number> {
  process.send?.({ rounds: eventRounds, areSame });
  const wanted = task.count * eventRounds;
  while (events < wanted) await new Promise((resolve) => setTimeout(resolve, 100));
  return events;
}

async function doWork(nodes: readonly unknown[]): Promise<number> {
  if (work.kind === "leases") return renewLeases(nodes as readonly Transport[], 20_000);
  if (work.kind === "events") return receiveEvents(work.areSame);
  return Number.POSITIVE_INFINITY;
}

const secureContext = createSecureContext({ ca: serverCertificate.cert });
const transports = createTransports(
  {
    server: `https://127.0.0.1:${port}`,
    tls: { ca: serverCertificate.cert },
    credentials: bearerToken("t".repeat(900)),
  },
  { clock, log: silentLog, random: createRandom(1) },
  { http2 },
);

/** A few at a time, as kubelets that start one after the other. */
async function openMany(many: number): Promise<unknown[]> {
  const open = work.kind === "tls" ? openTls : openNode;
  const opened: unknown[] = [];
  while (opened.length < many)
    opened.push(...(await Promise.all(Array.from({ length: 10 }, open))));
  return opened;
}

const first = await openMany(100);
const rssBefore = settledRss();
const openBefore = cpuUs();
const nodes = await openMany(task.count - 100);
const openUs = (cpuUs() - openBefore) / nodes.length;
const rssBytes = (settledRss() - rssBefore) / nodes.length;
const workBefore = cpuUs();
const done = await doWork([...first, ...nodes]);
const result: ClientResult = { rssBytes, openUs, workUs: (cpuUs() - workBefore) / done };
process.send?.(result);
process.disconnect?.();
process.exit();
