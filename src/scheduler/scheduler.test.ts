import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiServer, createApiServer } from "../apiserver/index.ts";
import { createTestEnv } from "../base/test-env.ts";
import { type Client, createClient } from "../client/index.ts";
import { findCondition } from "../k8s/conditions.ts";
import { events, nodes, pods, serviceAccounts } from "../k8s/resources.ts";
import type { ApiRequest, Transport } from "../k8s/transport.ts";
import type { Node, Pod } from "../k8s/types/core.ts";
import { type NodeSketch, type PodSketch, testNode, testPod } from "./cluster.fixture.ts";
import { type Scheduler, startScheduler } from "./scheduler.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";

let env: ReturnType<typeof createTestEnv>;
let server: ApiServer;
let client: Client;
let scheduler: Scheduler | undefined;
/** What is done to requests of the scheduler before the server sees them. */
let intercept: (request: ApiRequest) => ReturnType<Transport> | undefined;

beforeEach(async () => {
  env = createTestEnv();
  server = createApiServer({}, env);
  const user = { name: "tester", groups: ["system:masters"] };
  client = createClient({ transport: server.handle, user });
  intercept = () => undefined;
  await client.create(serviceAccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace: "default", name: "default" },
  });
});

afterEach(async () => {
  await scheduler?.[Symbol.asyncDispose]();
  scheduler = undefined;
  server.close();
});

async function start(options: Partial<SchedulerOptions> = {}): Promise<void> {
  const user = { name: "system:kube-scheduler", groups: ["system:masters"] };
  const transport: Transport = (request) => intercept(request) ?? server.handle(request);
  scheduler = startScheduler({ client: createClient({ transport, user }), ...options }, env);
  await env.clock.advance(0);
  await scheduler.synced;
}

async function addNode(name: string, sketch?: NodeSketch): Promise<Node> {
  const { metadata, ...rest } = testNode(name, sketch);
  const { labels } = metadata;
  const node = await client.create(nodes, { ...rest, metadata: { name, labels: labels ?? {} } });
  // A new node is tainted not-ready until the node lifecycle controller has seen it ready.
  return client.patch(nodes, { name }, "application/merge-patch+json", {
    spec: {
      taints: node.spec?.taints?.filter(({ key }) => key !== "node.kubernetes.io/not-ready"),
    },
  });
}

async function addPod(name: string, sketch?: PodSketch): Promise<Pod> {
  const { metadata, ...rest } = testPod(name, sketch);
  const { uid, resourceVersion, creationTimestamp, ...wanted } = metadata;
  return client.create(pods, { ...rest, metadata: wanted }, {});
}

function getPod(name: string): Promise<Pod> {
  return client.get(pods, { namespace: "default", name });
}

async function nodeOf(name: string): Promise<string | undefined> {
  return (await getPod(name)).spec.nodeName;
}

async function eventLines(): Promise<readonly string[]> {
  await env.clock.advance(1_000);
  const { items } = await client.list(events, { namespace: "default" });
  return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

test("a pod gets its node, is told so, and an event says it", async () => {
  await addNode("node-1");
  await start();
  await addPod("web");
  await env.clock.advance(100);
  const pod = await getPod("web");
  expect(pod.spec.nodeName).toBe("node-1");
  expect(findCondition(pod.status?.conditions, "PodScheduled")?.status).toBe("True");
  expect(await eventLines()).toEqual([
    "Normal Scheduled: Successfully assigned default/web to node-1",
  ]);
  expect(scheduler?.pending).toEqual({
    active: 0,
    backoff: 0,
    unschedulable: 0,
    gated: 0,
    inFlight: 0,
  });
});

test("pods of other schedulers are left alone", async () => {
  await addNode("node-1");
  await start();
  await addPod("web", { schedulerName: "my-scheduler" });
  await env.clock.advance(100);
  expect(await nodeOf("web")).toBeUndefined();
});

test("a pod without a node says why, and gets one when one comes", async () => {
  await addNode("small", { allocatable: { cpu: "500m" } });
  await start();
  await addPod("web", { requests: { cpu: "1" } });
  await env.clock.advance(100);
  const message =
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
  const condition = findCondition((await getPod("web")).status?.conditions, "PodScheduled");
  expect(condition).toMatchObject({ status: "False", reason: "Unschedulable", message });
  expect(await eventLines()).toEqual([`Warning FailedScheduling: ${message}`]);

  await addNode("large");
  await env.clock.advance(1_000);
  expect(await nodeOf("web")).toBe("large");
});

test("room that a deleted pod leaves is used", async () => {
  await addNode("node-1");
  await start();
  await addPod("first", { requests: { cpu: "3" } });
  await env.clock.advance(100);
  await addPod("second", { requests: { cpu: "3" } });
  await env.clock.advance(2_000);
  expect(await nodeOf("second")).toBeUndefined();
  await client.delete(pods, { namespace: "default", name: "first" }, { gracePeriodSeconds: 0 });
  await env.clock.advance(2_000);
  expect(await nodeOf("second")).toBe("node-1");
});

test("uncordoning a node gives it the pods that wait", async () => {
  await addNode("node-1", { unschedulable: true });
  await start();
  await addPod("web");
  await env.clock.advance(100);
  expect(await nodeOf("web")).toBeUndefined();
  await client.patch(nodes, { name: "node-1" }, "application/merge-patch+json", {
    spec: { unschedulable: null, taints: null },
  });
  await env.clock.advance(2_000);
  expect(await nodeOf("web")).toBe("node-1");
});

test("a deployment's pods are spread over the nodes", async () => {
  for (let index = 0; index < 100; index += 1) await addNode(`node-${index}`);
  await start();
  for (let index = 0; index < 500; index += 1) {
    await addPod(`web-${index}`, { replicasOf: "rs-1", requests: { cpu: "10m" } });
  }
  await env.clock.advance(5_000);
  const { items } = await client.list(pods, { namespace: "default" });
  const counts = new Map<string, number>();
  for (const { spec } of items) {
    counts.set(spec.nodeName ?? "", (counts.get(spec.nodeName ?? "") ?? 0) + 1);
  }
  expect(counts.size).toBe(100);
  expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(3);
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(7);
});

test("nodes are never filled beyond what they have, however fast pods come", async () => {
  await addNode("node-1", { allocatable: { pods: "10" } });
  await start({ inFlightMax: 4 });
  for (let index = 0; index < 25; index += 1) await addPod(`web-${index}`);
  await env.clock.advance(20_000);
  const { items } = await client.list(pods, { fieldSelector: "spec.nodeName=node-1" });
  expect(items).toHaveLength(10);
  expect(scheduler?.pending.unschedulable).toBe(15);
});

test("a binding that fails is tried again after a back-off, and the room is given back meanwhile", async () => {
  await addNode("node-1");
  let failures = 0;
  intercept = ({ path }) => {
    if (!path.endsWith("/binding") || failures === 2) return undefined;
    failures += 1;
    return Promise.reject(new Error("the wire is cut"));
  };
  await start();
  await addPod("web", { requests: { cpu: "3" } });
  await env.clock.advance(100);
  const condition = findCondition((await getPod("web")).status?.conditions, "PodScheduled");
  expect(condition).toMatchObject({
    reason: "SchedulerError",
    message: "binding rejected: the wire is cut",
  });
  await env.clock.advance(3_500);
  expect(failures).toBe(2);
  expect(await nodeOf("web")).toBe("node-1");
});

test("a pod that somebody else has bound meanwhile stays where it is", async () => {
  await addNode("node-1");
  await addNode("node-2", { unschedulable: true });
  let raced = false;
  intercept = (request) => {
    if (!request.path.endsWith("/binding") || raced) return undefined;
    raced = true;
    const other = { ...request, body: { kind: "object" as const, value: bindingTo("node-2") } };
    return server.handle(other).then(() => server.handle(request));
  };
  await start();
  await addPod("web", { requests: { cpu: "3" } });
  await env.clock.advance(5_000);
  expect(await nodeOf("web")).toBe("node-2");
  await addPod("next", { requests: { cpu: "3" } });
  await env.clock.advance(5_000);
  expect(await nodeOf("next")).toBe("node-1");
});

function bindingTo(name: string) {
  return {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { namespace: "default", name: "web" },
    target: { kind: "Node", name },
  };
}

test("what is bound when it starts counts", async () => {
  await addNode("node-1");
  await addPod("old", { nodeName: "node-1", requests: { cpu: "3" } });
  await start();
  await addPod("web", { requests: { cpu: "3" } });
  await env.clock.advance(5_000);
  expect(await nodeOf("web")).toBeUndefined();
});

test("it stops at once, whatever is under way", async () => {
  await addNode("node-1");
  intercept = ({ path, signal }) => {
    if (!path.endsWith("/binding")) return undefined;
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  };
  await start();
  await addPod("web");
  await env.clock.advance(100);
  expect(scheduler?.pending.inFlight).toBe(1);
  await scheduler?.[Symbol.asyncDispose]();
  expect(await nodeOf("web")).toBeUndefined();
});

test("options that make no sense are refused by name", () => {
  expect(() => startScheduler({ client, inFlightMax: 0 }, env)).toThrow(
    "scheduler.inFlightMax: must be a whole number of at least 1; found 0",
  );
});
