import { expect, test } from "vitest";
import { createClient, createTransports, loadKubeconfig } from "../../src/client/index.ts";
import { startControllers } from "../../src/controllers/index.ts";
import { endpointSlices, services } from "../../src/k8s/resources.ts";
import type { Endpoint, EndpointSlice } from "../../src/k8s/types/discovery.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { eventually } from "./cluster-objects.ts";
import { realEnv, startRealKubelet } from "./hollow-pairs.ts";

const app = { app: "web" };
const main = {
  name: "main",
  image: "nginx:1",
  ports: [{ name: "http", containerPort: 8080 }],
};

/** Pods that are ready, one that never is, and one that ends; and services of every kind. */
const objects = [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      // With the others on one node, and more than one slice holds.
      replicas: 105,
      selector: { matchLabels: app },
      template: { metadata: { labels: app }, spec: { containers: [main] } },
    },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "never-ready", labels: app },
    spec: { containers: [main], readinessGates: [{ conditionType: "example.com/gate" }] },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "other-port", labels: { ...app, port: "other" } },
    spec: {
      hostname: "one",
      subdomain: "headless",
      containers: [{ ...main, ports: [{ name: "http", containerPort: 9090 }] }],
    },
  },
  ...[
    { name: "numbered", spec: { selector: app, ports: [{ port: 80 }] } },
    {
      name: "named",
      spec: { selector: app, ports: [{ name: "a", port: 80, targetPort: "http" }] },
    },
    {
      name: "several",
      spec: {
        selector: { ...app, port: "other" },
        publishNotReadyAddresses: true,
        ports: [
          { name: "a", port: 80, appProtocol: "kubernetes.io/h2c" },
          { name: "b", port: 81, protocol: "UDP" },
        ],
      },
    },
    { name: "headless", spec: { clusterIP: "None", selector: { ...app, port: "other" } } },
    { name: "empty", spec: { selector: { app: "nobody" }, ports: [{ port: 80 }] } },
    { name: "selects-nothing", spec: { ports: [{ port: 80 }] } },
    { name: "external", spec: { type: "ExternalName", externalName: "example.com" } },
  ].map(({ name, spec }) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: { tier: "front" } },
    spec,
  })),
];

/** An endpoint without what differs from run to run. */
function shown({ addresses, targetRef, conditions, hostname, nodeName, zone }: Endpoint): string {
  const { kind, name = "", namespace } = targetRef ?? {};
  const pod = { kind, namespace, name: name.replace(/^web-.*/, "web-(random)") };
  const { ready, serving, terminating } = conditions ?? {};
  const state = { ready, serving, terminating };
  return JSON.stringify({ addresses: addresses.length, state, hostname, nodeName, zone, pod });
}

function count(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/**
 * Goes with a change of endpoints whose pods have changed since the last one, in whole seconds: a pod
 * that was Ready within a second of its start may leave none.
 */
const triggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

/**
 * Slices that differ only in their endpoints, as one, with all that does not differ from run to run:
 * how many endpoints are in which slice depends on how many came at a time.
 */
function describeSlices(slices: readonly EndpointSlice[]): readonly object[] {
  const merged = new Map<string, Endpoint[]>();
  for (const { metadata, addressType, ports, endpoints } of slices) {
    expect(endpoints?.length ?? 0).toBeLessThanOrEqual(100);
    const key = JSON.stringify({
      name: metadata.name.replace(/[a-z0-9]{5}$/, "(random)"),
      labels: Object.entries(metadata.labels ?? {}).sort(),
      annotations: Object.keys(metadata.annotations ?? {}).filter((name) => name !== triggerTime),
      owners: metadata.ownerReferences?.map(({ uid: _, ...reference }) => reference),
      addressType,
      ports: (ports ?? []).map((port) => Object.entries(port).sort()),
    });
    merged.set(key, [...(merged.get(key) ?? []), ...(endpoints ?? [])]);
  }
  return [...merged]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, endpoints]) => ({ ...JSON.parse(key), endpoints: count(endpoints.map(shown)) }));
}

/** Longer than a controller gathers changes before it writes. */
const unchangedMs = 4_000;

async function settledSlices(
  plane: ControlPlane,
  whose: "theirs" | "ours",
): Promise<readonly object[]> {
  const path = plane.kubeconfigPath;
  const transports = createTransports(
    await loadKubeconfig({ path, variables: {} }, realEnv),
    realEnv,
  );
  await using transport = transports.open();
  const client = createClient({ transport });
  const only = whose === "ours" ? (["endpointslice-controller"] as const) : ([] as const);
  await using _controllers = startControllers({ client, only }, realEnv);
  await using _kubelet = startRealKubelet("hollow-0", "v1.34.4", {
    transport: transports.open(),
    async [Symbol.asyncDispose]() {},
  });
  // Before there are pods: a change of the zone afterwards takes the time of the trigger away.
  const labelNode = ["label", "node", "hollow-0", "topology.kubernetes.io/zone=z1"];
  await eventually("the node has a zone", async () => (await plane.kubectl(labelNode)).code === 0);
  const list = { apiVersion: "v1", kind: "List", items: objects };
  const { code, stderr } = await plane.kubectl(["create", "-f", "-"], JSON.stringify(list));
  expect(code, stderr).toBe(0);
  const ready = await plane.kubectl(["rollout", "status", "deployment/web", "--timeout=100s"]);
  expect(ready.code, ready.stderr).toBe(0);
  let slices: readonly EndpointSlice[] = [];
  const look = async (): Promise<readonly object[]> => {
    slices = (await client.list(endpointSlices, { namespace: "default" })).items;
    return describeSlices(slices.filter(({ metadata }) => metadata.name !== "kubernetes"));
  };
  await eventually("all endpoints are there", async () => {
    await look();
    const ofNumbered = slices
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === "numbered")
      .flatMap(({ endpoints }) => endpoints ?? []);
    return ofNumbered.filter(({ conditions }) => conditions?.ready).length === 106;
  });
  await client.delete(services, { namespace: "default", name: "external" });
  // The slices of other services, and the zone of the node, may come after.
  let shown = "";
  let sinceMs = 0;
  await eventually("the slices stay as they are", async () => {
    const now = JSON.stringify(await look());
    if (now !== shown) sinceMs = performance.now();
    shown = now;
    return performance.now() - sinceMs > unchangedMs;
  });
  return await look();
}

test("our EndpointSlices are those of kube-controller-manager", async () => {
  const found: Record<string, readonly object[]> = {};
  for (const whose of ["theirs", "ours"] as const) {
    const controllers = whose === "ours" ? ["--controllers=*,-endpointslice-controller"] : [];
    await using plane = await startControlPlane({
      version: "v1.34.4",
      extraArguments: { "kube-controller-manager": controllers },
    });
    found[whose] = await settledSlices(plane, whose);
  }
  expect(found["ours"]).toEqual(found["theirs"]);
  expect(found["ours"]?.length).toBeGreaterThanOrEqual(6);
});
