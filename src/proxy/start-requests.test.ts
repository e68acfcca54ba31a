import { expect, test } from "vitest";
import { formatGoDuration } from "../base/duration.ts";
import { nodes } from "../k8s/resources.ts";
import { type ApiRequest, TransportError } from "../k8s/transport.ts";
import { createTestPlane } from "./proxy.fixture.ts";

const both = "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name";
const noHeadless = "!service.kubernetes.io/headless";
const noProxyName = "!service.kubernetes.io/service-proxy-name";
const withIp = "spec.clusterIP!=None";
const services = "/api/v1/services";
const slices = "/apis/discovery.k8s.io/v1/endpointslices";
const cidrs = "/apis/networking.k8s.io/v1/servicecidrs";
const node = "/api/v1/nodes metadata.name=hollow-0";
const event = "POST /apis/events.k8s.io/v1/namespaces/default/events";

/** A collection that is listed and then watched. */
function followed(path: string): readonly string[] {
  return [`LIST ${path}`, `WATCH ${path}`];
}

function describeRequest({ method, path, query = {} }: ApiRequest): string {
  const { watch, sendInitialEvents, limit, fieldSelector, labelSelector } = query;
  const isList = limit !== undefined;
  const verb = watch === "true" ? (sendInitialEvents ? "WATCHLIST" : "WATCH") : isList && "LIST";
  return [verb || method, path, fieldSelector, labelSelector].filter(Boolean).join(" ");
}

test.each([
  {
    version: "v1.30.4",
    requests: [...followed(`${services} ${both}`), ...followed(`${slices} ${both}`)],
    watchesNode: true,
  },
  {
    version: "v1.31.0",
    requests: [...followed(`${services} ${both}`), ...followed(`${slices} ${both}`)],
    watchesNode: true,
  },
  {
    version: "v1.32.0",
    requests: [...followed(`${services} ${withIp} ${both}`), ...followed(`${slices} ${both}`)],
    watchesNode: true,
  },
  {
    version: "v1.33.0",
    requests: [
      ...followed(`${services} ${withIp} ${both}`),
      ...followed(`${slices} ${both}`),
      ...followed(`${cidrs} ${both}`),
    ],
    watchesNode: true,
  },
  {
    version: "v1.34.4",
    requests: [
      ...followed(`${services} ${withIp} ${both}`),
      ...followed(`${slices} ${both}`),
      ...followed(`${cidrs} ${both}`),
    ],
    watchesNode: false,
  },
  {
    version: "v1.36.3",
    requests: [
      `WATCHLIST ${services} ${withIp} ${noProxyName}`,
      `WATCHLIST ${slices} ${noHeadless}`,
      `WATCHLIST ${cidrs}`,
    ],
    watchesNode: false,
  },
])("the hollow proxy of $version asks for what Kubemark's asks for", async (row) => {
  const plane = createTestPlane();
  await using proxy = plane.start("hollow-0", { kubeletVersion: row.version });
  await plane.settle();
  const expected = [...row.requests, event, ...(row.watchesNode ? followed(node) : [])];
  expect(plane.requests.map(describeRequest).toSorted()).toEqual(expected.toSorted());
  expect(new Set(plane.requests.map(({ headers }) => headers?.["user-agent"]))).toEqual(
    new Set(["hollow-proxy"]),
  );
  expect(proxy).toMatchObject({ synced: true, failure: undefined, nodeName: "hollow-0" });
});

test("first lists are from memory, in pages; watches go on from there", async () => {
  const plane = createTestPlane();
  await using _ = plane.start("hollow-0");
  await plane.settle();
  const [list, watch] = plane.requests.filter(({ path }) => path === services);
  expect(list?.query).toMatchObject({ limit: "500", resourceVersion: "0" });
  expect(watch?.query).toMatchObject({ watch: "true", allowWatchBookmarks: "true" });
  const seconds = Number(watch?.query?.["timeoutSeconds"]);
  expect(seconds).toBeGreaterThanOrEqual(300);
  expect(watch?.query?.["timeout"]).toBe(formatGoDuration(seconds * 1_000));
});

test.each([
  { version: "v1.34.4", regarding: { kind: "Node", name: "hollow-0", uid: "hollow-0" } },
  { version: "v1.35.4", regarding: { apiVersion: "v1", kind: "Node", name: "hollow-0" } },
])("the event at the start is that of $version", async ({ version, regarding }) => {
  const plane = createTestPlane();
  await using _ = plane.start("hollow-0", { kubeletVersion: version });
  await plane.settle();
  const body = plane.requests.find(({ method }) => method === "POST")?.body;
  expect(body?.kind === "object" && body.value).toEqual({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: expect.stringMatching(/^hollow-0\.[0-9a-f]{16}$/), namespace: "default" },
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "kube-proxy",
    reportingInstance: "kube-proxy-hollow-0",
    action: "StartKubeProxy",
    reason: "Starting",
    regarding,
    type: "Normal",
  });
});

test("a kube-proxy of 1.33 asks for its Node until that has an address, then for the rest", async () => {
  const plane = createTestPlane();
  const options = { profile: "kubelet", kubeletVersion: "v1.33.0" } as const;
  await using _ = plane.start("hollow-0", options);
  await plane.env.clock.advance(500);
  expect(plane.requests.map(describeRequest)).toEqual(["GET /api/v1/nodes/hollow-0"]);
  await plane.client.create(nodes, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "hollow-0" },
    status: { addresses: [{ type: "InternalIP", address: "198.18.0.1" }] },
  });
  await plane.env.clock.advance(1_000);
  expect(plane.requests.map(describeRequest).slice(0, 4)).toEqual([
    "GET /api/v1/nodes/hollow-0",
    "GET /api/v1/nodes/hollow-0",
    event,
    `LIST ${slices} ${both}`,
  ]);
  expect(plane.requests[0]?.headers?.["user-agent"]).toBe(
    "kube-proxy/v1.33.0 (linux/amd64) kubernetes/0000000",
  );
});

test("a kube-proxy of 1.34 watches its Node, and goes on after 30 s without an address", async () => {
  const plane = createTestPlane();
  await using _ = plane.start("hollow-0", { profile: "kubelet" });
  await plane.env.clock.advance(29_000);
  expect(plane.requests.map(describeRequest)).toEqual([...followed(node)]);
  await plane.env.clock.advance(2_000);
  expect(plane.requests.map(describeRequest)).toContain(event);
});

test.each([
  { name: "without an answer is sent again", error: "unreachable", tries: 3 },
  { name: "that is refused is not sent again", error: "refused", tries: 1 },
] as const)("an event $name", async ({ error, tries }) => {
  const plane = createTestPlane();
  plane.intercept = ({ method }) => {
    if (method !== "POST") return undefined;
    if (error === "unreachable") return Promise.reject(new TransportError(error, "no answer"));
    return Promise.resolve({ status: 403, headers: {}, body: { kind: "none" } });
  };
  await using _ = plane.start("hollow-0");
  await plane.env.clock.advance(25_500);
  expect(plane.requests.filter(({ method }) => method === "POST")).toHaveLength(tries);
});

test("a proxy says why it is not answered, until it is", async () => {
  const plane = createTestPlane();
  plane.intercept = ({ path }) =>
    path === slices
      ? Promise.resolve({ status: 403, headers: {}, body: { kind: "none" } })
      : undefined;
  await using proxy = plane.start("hollow-0");
  await plane.settle();
  expect(proxy).toMatchObject({ synced: false, failure: { reason: "Forbidden" } });
  plane.intercept = undefined;
  await plane.env.clock.advance(2_000);
  expect(proxy).toMatchObject({ synced: true, failure: undefined });
});

test("the limiter keeps requests waiting, and says for how long", async () => {
  const plane = createTestPlane();
  await using proxy = plane.start("hollow-0", { qps: 1, burst: 2 });
  await plane.settle();
  expect(proxy.synced).toBe(false);
  await plane.env.clock.advance(2_000);
  expect(proxy.synced).toBe(true);
  expect(plane.waitsMs).toEqual([1_000, 2_000]);
});
