import { describe, expect, test } from "vitest";
import { silentMetrics } from "../base/metrics.ts";
import { createMetricsRegistry } from "../base/metrics-registry.ts";
import { createTestEnv } from "../base/test-env.ts";
import type { ApiRequest, Transport, WatchSink } from "../k8s/transport.ts";
import { formatExposition } from "./exposition.ts";
import { requestAttributes } from "./request-attributes.ts";
import { createRequestMetrics } from "./request-metrics.ts";

test.each([
  ["GET", "/api/v1/nodes/n", "get nodes"],
  ["GET", "/api/v1/nodes", "list nodes"],
  ["GET", "/api/v1/nodes?watch=true", "watch nodes"],
  ["PATCH", "/api/v1/nodes/n/status", "patch nodes/status"],
  ["POST", "/api/v1/namespaces/a/pods", "create pods"],
  ["DELETE", "/api/v1/namespaces/a/pods/p", "delete pods"],
  ["DELETE", "/api/v1/namespaces/a/pods", "deletecollection pods"],
  ["POST", "/api/v1/namespaces/a/serviceaccounts/default/token", "create serviceaccounts/token"],
  ["PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n", "update leases"],
  [
    "POST",
    "/apis/certificates.k8s.io/v1/certificatesigningrequests",
    "create certificatesigningrequests",
  ],
  ["GET", "/api/v1/namespaces", "list namespaces"],
  ["GET", "/api/v1/namespaces/a", "get namespaces"],
  ["PUT", "/api/v1/namespaces/a/finalize", "update namespaces/finalize"],
  ["GET", "/version", "get "],
  ["GET", "/apis", "get "],
  ["GET", "/apis/apps/v1", "get "],
] as const)("%s %s is %s", (method, url, expected) => {
  const [path = "", query] = url.split("?");
  const request: ApiRequest = {
    method,
    path,
    ...(query === undefined ? {} : { query: { watch: "true" } }),
  };
  const { verb, resource, subresource } = requestAttributes(request);
  expect(`${verb} ${resource}${subresource === "" ? "" : `/${subresource}`}`).toBe(expected);
});

function counted(next: Transport) {
  const registry = createMetricsRegistry();
  const env = { ...createTestEnv(), metrics: registry };
  const transport = createRequestMetrics({ host: "127.0.0.1:6443" }, env).wrap(next, "kubelet");
  const lines = (start: string): readonly string[] =>
    formatExposition(registry.families())
      .split("\n")
      .filter((line) => line.startsWith(start) && !line.startsWith("#"));
  return { env, transport, lines };
}

describe("requests are counted", () => {
  test("by what they ask, their code and their time", async () => {
    const { env, transport, lines } = counted(async () => {
      await env.clock.advance(30);
      return { status: 201, headers: {}, body: { kind: "none" } };
    });
    await transport({ method: "POST", path: "/api/v1/nodes" });
    expect(lines("hollowmark_api_requests_total")).toEqual([
      'hollowmark_api_requests_total{component="kubelet",verb="create",resource="nodes",subresource="",code="201"} 1',
    ]);
    expect(lines("rest_client_requests_total")).toEqual([
      'rest_client_requests_total{code="201",method="POST",host="127.0.0.1:6443"} 1',
    ]);
    expect(lines("rest_client_request_duration_seconds_sum")).toEqual([
      'rest_client_request_duration_seconds_sum{verb="POST",host="127.0.0.1:6443"} 0.03',
    ]);
    expect(lines("hollowmark_api_request_duration_seconds_bucket")).toContain(
      'hollowmark_api_request_duration_seconds_bucket{component="kubelet",verb="create",resource="nodes",subresource="",le="0.025"} 0',
    );
  });

  test("also where there is no answer", async () => {
    const { transport, lines } = counted(() => Promise.reject(new Error("refused")));
    await expect(transport({ method: "GET", path: "/api/v1/pods" })).rejects.toThrow("refused");
    expect(lines("rest_client_requests_total")).toEqual([
      'rest_client_requests_total{code="<error>",method="GET",host="127.0.0.1:6443"} 1',
    ]);
  });
});

describe("a watch", () => {
  const ends = [
    { how: "timeout", end: (sink: WatchSink) => sink.closed() },
    { how: "broken", end: (sink: WatchSink) => sink.closed(new Error("reset")) },
    { how: "stopped", end: undefined },
  ] as const;
  test.each(ends)("is counted until it is over: $how", async ({ how, end }) => {
    let inner: WatchSink | undefined;
    let isStopped = false;
    const { transport, lines } = counted(async () => ({
      status: 200,
      headers: {},
      body: {
        kind: "watch",
        open(sink) {
          inner = sink;
          return {
            stop() {
              isStopped = true;
            },
          };
        },
      },
    }));
    const path = "/api/v1/pods";
    const response = await transport({ method: "GET", path, query: { watch: "true" } });
    expect(lines("hollowmark_watches{")).toEqual([
      'hollowmark_watches{component="kubelet",resource="pods"} 0',
    ]);
    if (response.body.kind !== "watch") throw new Error("no watch");
    let closed = 0;
    const handle = response.body.open({
      events() {},
      closed() {
        closed += 1;
      },
    });
    expect(lines("hollowmark_watches{")).toEqual([
      'hollowmark_watches{component="kubelet",resource="pods"} 1',
    ]);
    if (inner !== undefined) end?.(inner);
    handle.stop();
    expect({ closed, isStopped }).toEqual({ closed: end === undefined ? 0 : 1, isStopped: true });
    expect(lines("hollowmark_watches")).toEqual([
      'hollowmark_watches{component="kubelet",resource="pods"} 0',
      `hollowmark_watches_ended_total{component="kubelet",resource="pods",how="${how}"} 1`,
    ]);
  });
});

test("connections and waits for a limiter are counted", () => {
  const metrics = createMetricsRegistry();
  const requests = createRequestMetrics({ host: "a:6443" }, { ...createTestEnv(), metrics });
  requests.connections.opened(false);
  requests.connections.opened(true);
  requests.connections.closed();
  requests.connections.failed();
  requests.limiterWaited(1_500);
  const text = formatExposition(metrics.families());
  expect(text).toContain("\nhollowmark_connections 1\n");
  expect(text).toContain("\nhollowmark_reconnects_total 1\n");
  expect(text).toContain("\nhollowmark_connection_failures_total 1\n");
  expect(text).toContain('\nrest_client_rate_limiter_duration_seconds_sum{host="a:6443"} 1.5\n');
});

test("where nothing is kept, nothing is wrapped", () => {
  const next: Transport = () => Promise.reject(new Error("unused"));
  const env = { ...createTestEnv(), metrics: silentMetrics };
  expect(createRequestMetrics({ host: "a" }, env).wrap(next, "kubelet")).toBe(next);
});
