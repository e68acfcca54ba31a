import { expect, test } from "vitest";
import type { Env } from "../../src/base/env.ts";
import { toTime } from "../../src/base/rfc3339.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";
import {
  type Client,
  createClient,
  createTransports,
  loadKubeconfig,
} from "../../src/client/index.ts";
import { nodes, pods, serviceAccounts, services } from "../../src/k8s/resources.ts";
import type { PodStatus } from "../../src/k8s/types/core.ts";
import {
  createSharedRules,
  type ProxyHabitsOptions,
  proxyHabits,
  type RunningProxy,
  startProxy,
} from "../../src/proxy/index.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";
import { audited } from "./audit-log.ts";
import { eventually } from "./cluster-objects.ts";

const env: Env = { ...createTestEnv(), clock: createSystemClock() };
const namespace = "default";
const labels = { app: "web" };

/** Proxies with a connection each, and how long their changes took. */
async function createProxies(kubeconfigPath: string) {
  const connection = await loadKubeconfig({ path: kubeconfigPath, variables: {} }, env);
  const transports = createTransports(connection, env);
  const rules = createSharedRules(env);
  const latenciesMs: number[] = [];
  return {
    client: createClient({ transport: transports.open() }),
    latenciesMs,
    start(nodeName: string, options: ProxyHabitsOptions): RunningProxy {
      const { habits } = proxyHabits(options);
      const access = { transport: transports.open(), async [Symbol.asyncDispose]() {} };
      const observer = {
        networkProgrammed: (latencyMs: number) => {
          latenciesMs.push(latencyMs);
        },
        limiterWaited() {},
      };
      return startProxy({ nodeName, habits, access, rules, observer }, env);
    },
  };
}

/** The controller passes over pods whose Node is missing. */
async function createNode(client: Client, name: string, address: string): Promise<void> {
  await client.create(nodes, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: {
      addresses: [{ type: "InternalIP", address }],
      conditions: [{ type: "Ready", status: "True" }],
    },
  });
}

/** A pod that runs on a node without a kubelet: its status is ours. */
async function createPod(client: Client, name: string, nodeName: string): Promise<void> {
  await client.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: {
      nodeName,
      containers: [{ name: "web", image: "web", ports: [{ name: "http", containerPort: 8_080 }] }],
    },
  });
}

async function setReady(client: Client, name: string, podIP: string, status: "True" | "False") {
  const podStatus: PodStatus = {
    phase: "Running",
    podIP,
    podIPs: [{ ip: podIP }],
    // Of whole seconds; when the controller takes its slices to have been triggered.
    conditions: [{ type: "Ready", status, lastTransitionTime: toTime(env.clock.nowMs()) }],
  };
  const type = "application/merge-patch+json";
  const patch = { status: podStatus };
  await client.patch(pods, { namespace, name }, type, patch, { subresource: "status" });
}

function addressesAt(proxy: RunningProxy, ip: string, port: number): string {
  const endpoints = proxy.lookup(ip, port)?.endpoints ?? [];
  return endpoints.map(({ address, port }) => `${address}:${port}`).join(" ");
}

test.each([
  { version: "v1.31.0", profile: "kubemark" },
  { version: "v1.34.4", profile: "kubemark" },
  { version: "v1.34.4", profile: "kubelet" },
] as const)(
  "proxies of $version, profile $profile, follow a real controller's slices",
  async (row) => {
    const { version, profile } = row;
    await using plane = await startControlPlane({ version, scheduler: false });
    const { client, start, latenciesMs } = await createProxies(plane.hollowKubeconfigPath);
    await eventually("a service account", async () => {
      const { items } = await client.list(serviceAccounts, { namespace });
      return items.length > 0;
    });
    await createNode(client, "hollow-0", "198.18.0.1");
    await createNode(client, "hollow-1", "198.18.0.2");
    await createPod(client, "a", "hollow-0");
    await createPod(client, "b", "hollow-1");
    const { spec } = await client.create(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace },
      spec: {
        type: "NodePort",
        externalTrafficPolicy: "Local",
        selector: labels,
        ports: [{ name: "http", port: 80, targetPort: "http" }],
      },
    });
    const options: ProxyHabitsOptions = { profile, kubeletVersion: version };
    await using first = start("hollow-0", options);
    await using second = start("hollow-1", options);
    const proxies = [first, second];
    const ip = spec?.clusterIP ?? "";
    const nodePort = spec?.ports?.[0]?.nodePort ?? 0;
    const both = (expected: string) => async () =>
      proxies.every((proxy) => addressesAt(proxy, ip, 80) === expected);
    await eventually("rules", async () => proxies.every(({ synced }) => synced), 60_000);

    await setReady(client, "a", "10.1.0.1", "True");
    await setReady(client, "b", "10.1.0.2", "True");
    await eventually("two endpoints", both("10.1.0.1:8080 10.1.0.2:8080"));
    expect(addressesAt(first, "198.18.0.1", nodePort)).toBe("10.1.0.1:8080");
    expect(addressesAt(second, "198.18.0.2", nodePort)).toBe("10.1.0.2:8080");

    await plane.restartApiServer("SIGKILL");
    await setReady(client, "a", "10.1.0.1", "False");
    await eventually("one endpoint", both("10.1.0.2:8080"));
    expect(addressesAt(first, "198.18.0.1", nodePort)).toBe("");
    expect(proxies.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    expect(latenciesMs.length).toBeGreaterThan(0);
    expect(Math.min(...latenciesMs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...latenciesMs)).toBeLessThan(60_000);
  },
);

test("the requests of a hollow proxy are those that are recorded of Kubemark", async () => {
  const version = "v1.34.4";
  await using plane = await startControlPlane({
    version,
    controllerManager: false,
    scheduler: false,
    audit: "hollow",
  });
  const { start } = await createProxies(plane.hollowKubeconfigPath);
  await using proxy = start("hollow-0", { profile: "kubemark", kubeletVersion: version });
  await eventually("rules", async () => proxy.synced);
  const mine = "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name";
  const watch = (selectors: string) =>
    `allowWatchBookmarks=true&${selectors}&resourceVersion=N&timeout=D&timeoutSeconds=S&watch=true 200`;
  const followed = (path: string, selectors: string) => [
    `list ${path}?${selectors}&limit=500&resourceVersion=0 200`,
    `watch ${path}?${watch(selectors)}`,
  ];
  const expected = [
    "create /apis/events.k8s.io/v1/namespaces/default/events 201",
    ...followed("/api/v1/services", `fieldSelector=spec.clusterIP!=None&labelSelector=${mine}`),
    ...followed("/apis/discovery.k8s.io/v1/endpointslices", `labelSelector=${mine}`),
    ...followed("/apis/networking.k8s.io/v1/servicecidrs", `labelSelector=${mine}`),
  ].toSorted();
  await eventually("all requests", async () => {
    const lines = await audited(plane, "hollow-proxy");
    return lines.length >= expected.length;
  });
  expect((await audited(plane, "hollow-proxy")).toSorted()).toEqual(expected);
});
