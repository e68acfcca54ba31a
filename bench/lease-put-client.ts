import { silentLog } from "../src/base/log.ts";
import { createSystemClock } from "../src/base/system-clock.ts";
import { bearerToken, createHttp2Transport } from "../src/client/index.ts";
import { serverCertificate } from "../src/client/test-certificates.fixture.ts";
import type { ApiRequest, Transport } from "../src/k8s/transport.ts";

/** What a client process is asked to do, as JSON in its first argument. */
export interface ClientTask {
  readonly port: number;
  readonly http2: "own" | "node";
  readonly work:
    | { readonly kind: "leases"; readonly perSecond: number; readonly tickMs: number }
    | { readonly kind: "watches"; readonly count: number };
}

/** Microseconds of CPU for a PUT, or bytes of RSS for a watch. */
export type ClientResult = number;

const warmUpMs = 3_000;
const measureMs = 10_000;
const headers = {
  accept: "application/json",
  "content-type": "application/json",
  "user-agent": "hollowmark",
};

async function putLeases(transport: Transport, perSecond: number, tickMs: number): Promise<number> {
  let sent = 0;
  const put = (signal: AbortSignal): Promise<unknown> => {
    sent += 1;
    const name = `hollow-${sent % 5_000}`;
    const value = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace: "kube-node-lease", resourceVersion: String(sent) },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: "2026-01-01T00:00:00Z" },
    };
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`;
    const request: ApiRequest = {
      method: "PUT",
      path,
      headers,
      body: { kind: "object", value },
      signal,
    };
    return transport(request);
  };
  const pace = (forMs: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const beganMs = performance.now();
      const already = sent;
      const timer = setInterval(() => {
        const elapsedMs = performance.now() - beganMs;
        const { signal } = new AbortController();
        while (sent - already < (elapsedMs / 1_000) * perSecond) put(signal).catch(reject);
        if (elapsedMs < forMs) return;
        clearInterval(timer);
        resolve();
      }, tickMs);
    });
  await pace(warmUpMs);
  const before = process.cpuUsage();
  const already = sent;
  await pace(measureMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (sent - already);
}

async function openWatches(transport: Transport, count: number): Promise<number> {
  const open = async (): Promise<void> => {
    const request: ApiRequest = { method: "GET", path: "/api/v1/pods", headers };
    const { body } = await transport({ ...request, query: { watch: "true" } });
    if (body.kind === "watch") body.open({ events: () => {}, closed: () => {} });
  };
  await Promise.all(Array.from({ length: 100 }, open));
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  for (let opened = 0; opened < count; opened += 500) {
    await Promise.all(Array.from({ length: 500 }, open));
  }
  globalThis.gc?.();
  return (process.memoryUsage.rss() - before) / count;
}

const task: ClientTask = JSON.parse(process.argv[2] ?? "");
const transport = createHttp2Transport(
  {
    server: `https://127.0.0.1:${task.port}`,
    tls: { ca: serverCertificate.cert },
    credentials: bearerToken("t".repeat(900)),
  },
  { clock: createSystemClock(), log: silentLog },
  { http2: task.http2 },
);
const { work } = task;
const result: ClientResult =
  work.kind === "leases"
    ? await putLeases(transport, work.perSecond, work.tickMs)
    : await openWatches(transport, work.count);
process.send?.(result);
await transport[Symbol.asyncDispose]();
process.disconnect?.();
