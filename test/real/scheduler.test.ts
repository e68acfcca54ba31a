import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { silentMetrics } from "../../src/base/metrics.ts";
import { createRandom } from "../../src/base/random.ts";
import { toTime } from "../../src/base/rfc3339.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import {
  bearerToken,
  type Client,
  createClient,
  createHttp2Transport,
} from "../../src/client/index.ts";
import { findCondition } from "../../src/k8s/conditions.ts";
import { nodes, pods, serviceAccounts } from "../../src/k8s/resources.ts";
import type { Pod } from "../../src/k8s/types/core.ts";
import {
  type NodeSketch,
  type PodSketch,
  testNode,
  testPod,
} from "../../src/scheduler/cluster.fixture.ts";
import { type Scheduler, startScheduler } from "../../src/scheduler/index.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";

/** Our scheduler beside the real one, on one API server: each pod is given once to each. */
let controlPlane: ControlPlane;
let transport: ReturnType<typeof createHttp2Transport>;
let client: Client;
let scheduler: Scheduler;

const env = {
  clock: createSystemClock(),
  random: createRandom(1),
  log: silentLog,
  metrics: silentMetrics,
};

async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 150; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(200);
  }
  throw new Error(`waited in vain for ${what}`);
}

beforeAll(async () => {
  controlPlane = await startControlPlane({ version: "v1.34.4" });
  const { url, caFile, adminToken } = controlPlane;
  const tls = { ca: await readFile(caFile, "utf8") };
  transport = createHttp2Transport({ server: url, tls, credentials: bearerToken(adminToken) }, env);
  client = createClient({ transport });
  const account = { namespace: "default", name: "default" };
  await eventually("the service account", () =>
    client.get(serviceAccounts, account).catch(() => undefined),
  );
  await addNode("a1", { labels: { zone: "a" } });
  await addNode("a2", { labels: { zone: "a" } });
  await addNode("b1", { labels: { zone: "b" }, taints: [{ key: "x", effect: "NoSchedule" }] });
  await addNode("c1", { unschedulable: true });
  await addNode("d1", { labels: { zone: "d" }, allocatable: { pods: "0" } });
  await eventually("nodes without the not-ready taint", async () => {
    const { items } = await client.list(nodes);
    const taints = items.flatMap(({ spec }) => spec?.taints ?? []);
    return taints.some(({ key }) => key.endsWith("/not-ready")) ? undefined : items;
  });
  await addPod("web", { ...web, nodeName: "a1", requests: { cpu: "3" } });
  await addPod("port", { ...hostPort, nodeName: "a2" });
  scheduler = startScheduler({ client, schedulerName: "ours" }, env);
  await scheduler.synced;
});
afterAll(async () => {
  await scheduler[Symbol.asyncDispose]();
  await transport[Symbol.asyncDispose]();
  await controlPlane[Symbol.asyncDispose]();
});

async function addNode(name: string, sketch: NodeSketch): Promise<void> {
  const { metadata, status, ...rest } = testNode(name, sketch);
  const now = toTime(Date.now());
  const ready = { type: "Ready", status: "True", lastHeartbeatTime: now, lastTransitionTime: now };
  await client.create(nodes, {
    ...rest,
    metadata: { name, labels: metadata.labels ?? {} },
    status: { ...status, conditions: [{ ...ready, status: "True" as const, reason: "Ready" }] },
  });
}

async function addPod(name: string, sketch: PodSketch): Promise<Pod> {
  const { metadata, ...rest } = testPod(name, sketch);
  const { uid, resourceVersion, creationTimestamp, ...wanted } = metadata;
  return client.create(pods, { ...rest, metadata: wanted });
}

/** Which node the pod has got, or why none. */
async function outcome(name: string): Promise<string> {
  const pod = await eventually(`a decision on ${name}`, async () => {
    const seen = await client.get(pods, { namespace: "default", name });
    return findCondition(seen.status?.conditions, "PodScheduled") && seen;
  });
  const condition = findCondition(pod.status?.conditions, "PodScheduled");
  return `${pod.spec.nodeName ?? condition?.message}`;
}

const web: PodSketch = { labels: { app: "web" } };
const labelSelector = { matchLabels: { app: "web" } };
const zoneTerm = { topologyKey: "zone", labelSelector };
const ports = [{ containerPort: 80, hostPort: 80 }];
const hostPort: PodSketch = { containers: [{ name: "c", image: "i", ports }] };

function onNode(name: string): PodSketch {
  const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [name] }];
  const nodeSelectorTerms = [{ matchFields }];
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  return { affinity: { nodeAffinity: required } };
}

const sketches: readonly { readonly name: string; readonly sketch: PodSketch }[] = [
  { name: "too-much-cpu", sketch: { requests: { cpu: "100" } } },
  { name: "too-much-of-both", sketch: { requests: { cpu: "100", memory: "900Gi" } } },
  { name: "room-on-one", sketch: { requests: { cpu: "2" } } },
  { name: "no-such-label", sketch: { nodeSelector: { nope: "1" } } },
  { name: "full-by-others", sketch: { ...onNode("a1"), requests: { cpu: "2" } } },
  { name: "no-such-node", sketch: onNode("nowhere") },
  { name: "named-node", sketch: onNode("a1") },
  { name: "tainted", sketch: { nodeSelector: { zone: "b" } } },
  {
    name: "tolerating",
    sketch: { nodeSelector: { zone: "b" }, tolerations: [{ key: "x", operator: "Exists" }] },
  },
  { name: "port-taken", sketch: { ...hostPort, ...onNode("a2") } },
  {
    name: "repelled",
    sketch: {
      nodeSelector: { zone: "a" },
      affinity: {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [zoneTerm] },
      },
    },
  },
  {
    name: "alone",
    sketch: {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "zone", labelSelector: { matchLabels: { app: "nobody" } } },
          ],
        },
      },
    },
  },
  {
    name: "skewed",
    sketch: {
      ...web,
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector },
      ],
    },
  },
  { name: "gated", sketch: { schedulingGates: [{ name: "example.com/gate" }] } },
];

test.each(sketches)("both schedulers decide alike: $name", async ({ name, sketch }) => {
  await addPod(`theirs-${name}`, sketch);
  const theirs = await outcome(`theirs-${name}`);
  // What one has taken the other must not miss.
  await client.delete(
    pods,
    { namespace: "default", name: `theirs-${name}` },
    { gracePeriodSeconds: 0 },
  );
  await addPod(`ours-${name}`, { ...sketch, schedulerName: "ours" });
  expect(await outcome(`ours-${name}`)).toBe(theirs);
  await client.delete(
    pods,
    { namespace: "default", name: `ours-${name}` },
    { gracePeriodSeconds: 0 },
  );
});
