import { describe, expect, test } from "vitest";
import { endpointSlices, nodes, services } from "../k8s/resources.ts";
import type { Service } from "../k8s/types/core.ts";
import type { EndpointSlice } from "../k8s/types/discovery.ts";
import type { ToCreate } from "../k8s/types/meta.ts";
import { chooseEndpoints } from "./choose-endpoints.ts";
import { createTestPlane, ready, testService, testSlice } from "./proxy.fixture.ts";
import { servicePortRules } from "./service-rules.ts";
import { type SliceRule, sliceRule } from "./slice-rules.ts";

const meta = { uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };

function stored<T extends { readonly metadata: object }>(object: T) {
  return { ...object, metadata: { ...object.metadata, ...meta } };
}

describe("the rules of a Service", () => {
  const rulesOf = (spec: Service["spec"], status?: Service["status"]) => {
    const service = stored(testService({ name: "web", clusterIP: "10.96.0.11", spec })) as Service;
    return servicePortRules(status === undefined ? service : { ...service, status });
  };

  test.each([
    { name: "without a cluster IP", spec: { clusterIPs: ["None"] } },
    { name: "that waits for its cluster IP", spec: { clusterIPs: [""] } },
    { name: "that is a name", spec: { type: "ExternalName" } },
  ] as const)("one $name has none", ({ spec }) => {
    expect(rulesOf(spec)).toEqual([]);
  });

  test("traffic arrives at cluster IPs, external IPs, load balancers and node ports", () => {
    const [rule] = rulesOf(
      {
        clusterIPs: ["10.96.0.11", "fd00::1"],
        externalIPs: ["192.0.2.1"],
        ports: [{ name: "http", port: 80, nodePort: 30_080 }],
      },
      { loadBalancer: { ingress: [{ ip: "192.0.2.9" }, { ip: "192.0.2.8", ipMode: "Proxy" }] } },
    );
    expect(rule).toMatchObject({
      internal: ["10.96.0.11 80 TCP", "fd00::1 80 TCP"],
      external: ["192.0.2.1 80 TCP", "192.0.2.9 80 TCP", "* 30080 TCP"],
    });
  });

  test("affinity lasts for three hours unless it says how long", () => {
    const sticky = { sessionAffinity: "ClientIP" } as const;
    expect(rulesOf(sticky)[0]).toMatchObject({ stickyMaxAgeSeconds: 10_800 });
    const config = { clientIP: { timeoutSeconds: 5 } };
    expect(rulesOf({ ...sticky, sessionAffinityConfig: config })[0]).toMatchObject({
      sessionAffinity: "ClientIP",
      stickyMaxAgeSeconds: 5,
    });
    expect(rulesOf({})[0]).toMatchObject({ sessionAffinity: "None", stickyMaxAgeSeconds: 0 });
  });
});

describe("the endpoints that serve", () => {
  const [rule] = servicePortRules(
    stored(testService({ name: "web", clusterIP: "10.96.0.11" })) as Service,
  );
  const ending = { ready: false, serving: true, terminating: true };
  const hints = (zone: string, node?: string) => ({
    hints: { forZones: [{ name: zone }], ...(node && { forNodes: [{ name: node }] }) },
  });

  function slicesOf(...endpoints: EndpointSlice["endpoints"] & object): readonly SliceRule[] {
    const slice = sliceRule(
      stored(testSlice({ service: "web", name: "s", endpoints })) as EndpointSlice,
    );
    return slice === undefined ? [] : [slice];
  }

  test.each([
    { name: "are those that are ready", ends: [ready("b"), ready("a")], serve: ["a", "b"] },
    {
      name: "are not those that end while others are ready",
      ends: [ready("a"), { ...ready("b"), conditions: ending }],
      serve: ["a"],
    },
    {
      name: "are those that end and still serve, where none is ready",
      ends: [
        { ...ready("a"), conditions: { ready: false, serving: false } },
        { ...ready("b"), conditions: ending },
      ],
      serve: ["b"],
    },
    { name: "are ready where nothing is known", ends: [{ addresses: ["a"] }], serve: ["a"] },
    {
      name: "are those of the zone where all have hints",
      ends: [
        { ...ready("a"), ...hints("east") },
        { ...ready("b"), ...hints("west") },
      ],
      serve: ["a"],
    },
    {
      name: "are all where one has no hint",
      ends: [{ ...ready("a"), ...hints("east") }, ready("b")],
      serve: ["a", "b"],
    },
    {
      name: "are all where no hint is for us",
      ends: [
        { ...ready("a"), ...hints("north") },
        { ...ready("b"), ...hints("west") },
      ],
      serve: ["a", "b"],
    },
    {
      name: "are those of the node before those of the zone",
      ends: [
        { ...ready("a"), ...hints("east", "hollow-1") },
        { ...ready("b"), ...hints("east", "hollow-0") },
      ],
      serve: ["b"],
    },
  ])("$name", ({ ends, serve }) => {
    const node = { name: "hollow-0", zone: "east" };
    const chosen = rule && chooseEndpoints(rule, "internal", "IPv4", slicesOf(...ends), node);
    expect(chosen).toEqual(serve.map((address) => ({ address, port: 8_080 })));
  });

  test.each([
    { scope: "internal", policy: "internalTrafficPolicy" },
    { scope: "external", policy: "externalTrafficPolicy" },
  ] as const)("for $scope traffic are those of the node when the policy is Local", (row) => {
    const [local] = servicePortRules(
      stored(
        testService({ name: "web", clusterIP: "10.96.0.11", spec: { [row.policy]: "Local" } }),
      ) as Service,
    );
    const slices = slicesOf(ready("a", "hollow-0"), ready("b", "hollow-1"));
    const addresses = (scope: "internal" | "external") =>
      local &&
      chooseEndpoints(local, scope, "IPv4", slices, { name: "hollow-1", zone: undefined }).map(
        ({ address }) => address,
      );
    expect(addresses(row.scope)).toEqual(["b"]);
    expect(addresses(row.scope === "internal" ? "external" : "internal")).toEqual(["a", "b"]);
  });

  test("one in two slices counts once, and as ready if it is ready in one", () => {
    const slices = [
      ...slicesOf({ ...ready("a"), conditions: { ready: false, serving: false } }),
      ...slicesOf(ready("a")),
    ];
    const node = { name: "hollow-0", zone: undefined };
    expect(rule && chooseEndpoints(rule, "internal", "IPv4", slices, node)).toHaveLength(1);
    expect(rule && chooseEndpoints(rule, "internal", "IPv6", slices, node)).toEqual([]);
  });
});

describe("a proxy", () => {
  const addresses = (rule: ReturnType<ReturnType<typeof createTestPlane>["start"]>) =>
    rule.lookup("10.96.0.11", 80)?.endpoints.map(({ address }) => address);
  const slice = (name: string, ...found: readonly string[]): ToCreate<EndpointSlice> =>
    testSlice({ service: "web", name, endpoints: found.map((address) => ready(address)) });

  test("follows Services and slices as they come, change and go", async () => {
    const plane = createTestPlane();
    const { client } = plane;
    await using proxy = plane.start("hollow-0");
    await plane.settle();
    expect(proxy.lookup("10.96.0.11", 80)).toBeUndefined();
    const spec = {
      ports: [{ name: "http", port: 80, nodePort: 30_080 }],
      type: "NodePort",
    } as const;
    await client.create(services, testService({ name: "web", clusterIP: "10.96.0.11", spec }));
    const first = await client.create(endpointSlices, slice("web-1", "10.1.0.1"));
    await client.create(endpointSlices, slice("web-2", "10.1.0.2"));
    await plane.settle();
    expect(proxy.lookup("10.96.0.11", 80)).toEqual({
      service: "default/web",
      portName: "http",
      sessionAffinity: "None",
      stickyMaxAgeSeconds: 0,
      endpoints: [
        { address: "10.1.0.1", port: 8_080 },
        { address: "10.1.0.2", port: 8_080 },
      ],
    });
    expect(proxy.lookup("198.18.0.1", 30_080)?.endpoints).toHaveLength(2);
    expect(proxy.lookup("10.96.0.11", 80, "UDP")).toBeUndefined();
    await client.update(endpointSlices, { ...first, endpoints: [ready("10.1.0.9")] });
    await client.delete(endpointSlices, { namespace: "default", name: "web-2" });
    await plane.settle();
    expect(addresses(proxy)).toEqual(["10.1.0.9"]);
    await client.delete(endpointSlices, { namespace: "default", name: "web-1" });
    await plane.settle();
    expect(addresses(proxy)).toEqual([]);
    await client.delete(services, { namespace: "default", name: "web" });
    await plane.settle();
    expect(proxy.lookup("10.96.0.11", 80)).toBeUndefined();
  });

  test("of 1.31 lives on when its Node comes and goes, and takes its zone from it", async () => {
    const plane = createTestPlane();
    const hinted = ["east", "west"].map((zone, index) => ({
      ...ready(`10.1.0.${index}`),
      hints: { forZones: [{ name: zone }] },
    }));
    await plane.client.create(services, testService({ name: "web", clusterIP: "10.96.0.11" }));
    const slice = testSlice({ service: "web", name: "web-1", endpoints: hinted });
    await plane.client.create(endpointSlices, slice);
    await using proxy = plane.start("hollow-0", { kubeletVersion: "v1.31.0" });
    await plane.settle();
    expect(addresses(proxy)).toEqual(["10.1.0.0", "10.1.0.1"]);
    await plane.client.create(nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "hollow-0", labels: { "topology.kubernetes.io/zone": "west" } },
    });
    await plane.settle();
    expect(addresses(proxy)).toEqual(["10.1.0.1"]);
    await plane.client.delete(nodes, { name: "hollow-0" });
    await plane.settle();
    expect(proxy).toMatchObject({ synced: true, failure: undefined });
  });

  test("that starts later knows the same, and holds the same", async () => {
    const plane = createTestPlane();
    await plane.client.create(services, testService({ name: "web", clusterIP: "10.96.0.11" }));
    await plane.client.create(endpointSlices, slice("web-1", "10.1.0.1"));
    await using first = plane.start("hollow-0");
    await plane.settle();
    await plane.client.create(endpointSlices, slice("web-2", "10.1.0.2"));
    await plane.settle();
    await using second = plane.start("hollow-1", { kubeletVersion: "v1.36.3" });
    await plane.settle();
    expect(addresses(second)).toEqual(["10.1.0.1", "10.1.0.2"]);
    expect(second.lookup("10.96.0.11", 80)).toEqual(first.lookup("10.96.0.11", 80));
  });
});

describe("network programming latency", () => {
  const change = (at: string) =>
    testSlice({
      service: "web",
      name: `at-${at.toLowerCase().replaceAll(":", "-")}`,
      endpoints: [],
      triggered: at,
    });

  test("is from the trigger of the change until it is programmed", async () => {
    const plane = createTestPlane();
    await using _ = plane.start("hollow-0");
    await plane.env.clock.advance(2_000);
    await plane.client.create(endpointSlices, change("2026-01-01T00:00:01.75Z"));
    await plane.settle();
    expect(plane.latenciesMs).toEqual([250]);
  });

  test("is not measured of what was before the proxy", async () => {
    const plane = createTestPlane();
    await plane.client.create(endpointSlices, change("2025-12-31T23:59:59Z"));
    await using _ = plane.start("hollow-0");
    await plane.settle();
    expect(plane.latenciesMs).toEqual([]);
  });

  test("of a kube-proxy has the wait between two syncs in it", async () => {
    const plane = createTestPlane();
    await using proxy = plane.start("hollow-0", { profile: "kubelet" });
    await plane.env.clock.advance(40_000);
    expect(proxy).toMatchObject({ synced: true, programmed: 1 });
    await plane.client.create(endpointSlices, change("2026-01-01T00:00:40Z"));
    await plane.env.clock.advance(400);
    await plane.client.create(endpointSlices, change("2026-01-01T00:00:40.3Z"));
    await plane.client.create(endpointSlices, change("2026-01-01T00:00:40.4Z"));
    await plane.env.clock.advance(2_000);
    expect(proxy.programmed).toBe(3);
    expect(plane.latenciesMs).toEqual([0, 700, 600]);
  });
});
