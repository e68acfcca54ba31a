import { createApiServer } from "../apiserver/index.ts";
import type { Clock } from "../base/clock.ts";
import type { LogFields } from "../base/log.ts";
import type { ManualClock } from "../base/manual-clock.ts";
import { toMicroTime, toTime } from "../base/rfc3339.ts";
import { createTestEnv } from "../base/test-env.ts";
import { type Client, createClient } from "../client/index.ts";
import { leases, nodes, pods } from "../k8s/resources.ts";
import type { Transport, WatchHandle, WatchSink } from "../k8s/transport.ts";
import type { Deployment } from "../k8s/types/apps.ts";
import type { Node, Pod, PodTemplateSpec } from "../k8s/types/core.ts";
import type { ToCreate } from "../k8s/types/meta.ts";
import { type ControllersOptions, startControllers } from "./index.ts";

/** A control plane in memory, without kubelets and scheduler: the test plays those. */
export interface Plane extends AsyncDisposable {
  readonly client: Client;
  readonly clock: ManualClock;
  /** What the controllers have warned of. A test that expects no trouble expects none of these. */
  readonly warnings: readonly string[];
  stopControllers(): Promise<void>;
}

interface PlaneOptions {
  /** How late the controllers hear of changes, in milliseconds. Default 0. */
  readonly watchDelayMs?: number;
}

export async function startPlane(
  options: Omit<ControllersOptions, "client"> = {},
  { watchDelayMs = 0 }: PlaneOptions = {},
): Promise<Plane> {
  const warnings: string[] = [];
  const note = (message: string, fields?: LogFields): void => {
    warnings.push(`${message} ${String(fields?.["error"] ?? "")}`);
  };
  const log = { error: note, warn: note, info() {}, debug() {}, child: () => log };
  const env = { ...createTestEnv(), log };
  const server = createApiServer({}, env);
  const user = { name: "admin", groups: ["system:masters"] };
  const client = createClient({ transport: server.handle, user });
  const transport = withWatchDelay(server.handle, watchDelayMs, env.clock);
  const late = createClient({ transport, user });
  const controllers = startControllers({ client: late, ...options }, env);
  await env.clock.advance(1_000);
  return {
    client,
    clock: env.clock,
    warnings,
    async stopControllers() {
      await controllers[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      await controllers[Symbol.asyncDispose]();
      server.close();
    },
  };
}

function withWatchDelay(next: Transport, delayMs: number, clock: Clock): Transport {
  if (delayMs === 0) return next;
  return async (request) => {
    const response = await next(request);
    const { body } = response;
    if (body.kind !== "watch") return response;
    const open = (sink: WatchSink): WatchHandle =>
      body.open({
        events: (batch) => void clock.schedule(delayMs, () => sink.events(batch)),
        closed: (error) => sink.closed(error),
      });
    return { ...response, body: { kind: "watch", open } };
  };
}

export function templateOf(app: string, image: string = "nginx:1"): PodTemplateSpec {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: "main", image }] } };
}

export function deploymentOf(
  name: string,
  spec: Partial<Deployment["spec"]> = {},
): ToCreate<Deployment> {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: { selector: { matchLabels: { app: name } }, template: templateOf(name), ...spec },
  };
}

export async function podsOf(client: Client, labelSelector?: string): Promise<readonly Pod[]> {
  const options = labelSelector === undefined ? {} : { labelSelector };
  return (await client.list(pods, { namespace: "default", ...options })).items;
}

/** Plays the kubelet: pods that are not ready become so, and pods being deleted end. */
export async function runPods({ client, clock }: Plane): Promise<void> {
  for (const pod of await podsOf(client)) {
    const { name, deletionTimestamp } = pod.metadata;
    const ref = { namespace: "default", name };
    if (deletionTimestamp !== undefined) {
      await client.delete(pods, ref, { gracePeriodSeconds: 0 });
      continue;
    }
    const lastTransitionTime = toTime(clock.nowMs());
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime }];
    const status = { phase: "Running", conditions };
    const type = "application/strategic-merge-patch+json";
    await client.patch(pods, ref, type, { status }, { subresource: "status" });
  }
}

/** Plays the scheduler: only pods that are bound end gracefully. The node need not exist. */
export async function bindPods({ client }: Plane, node: string): Promise<void> {
  for (const { metadata, spec } of await podsOf(client)) {
    if (spec.nodeName !== undefined) continue;
    const { name } = metadata;
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name },
      target: { name: node },
    };
    await client.createSubresource(pods, { namespace: "default", name }, "binding", binding);
  }
}

/** Lets time pass while the kubelet works. */
export async function runFor(plane: Plane, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 1) {
    await plane.clock.advance(1_000);
    await runPods(plane);
  }
}

/** Registers a node that is ready. */
export async function addNode(
  { client, clock }: Plane,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<Node> {
  const now = toTime(clock.nowMs());
  const times = { lastHeartbeatTime: now, lastTransitionTime: now };
  const condition = (type: string, status: "True" | "False") => ({ type, status, ...times });
  return client.create(nodes, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    status: {
      conditions: [
        condition("MemoryPressure", "False"),
        condition("DiskPressure", "False"),
        condition("PIDPressure", "False"),
        condition("Ready", "True"),
      ],
    },
  });
}

/** Renews the Lease of a node, or makes it. */
export async function renewLease({ client, clock }: Plane, name: string): Promise<void> {
  const ref = { namespace: "kube-node-lease", name };
  const spec = { holderIdentity: name, renewTime: toMicroTime(clock.nowMs()) };
  const known = await client.list(leases, { namespace: ref.namespace });
  if (known.items.some(({ metadata }) => metadata.name === name)) {
    await client.patch(leases, ref, "application/merge-patch+json", { spec });
    return;
  }
  await client.create(leases, {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: ref,
    spec,
  });
}
