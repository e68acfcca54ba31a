import { createApiServer } from "../apiserver/index.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { ManualClock } from "../base/manual-clock.ts";
import { createTestEnv } from "../base/test-env.ts";
import {
  type Client,
  createClient,
  createEventRecorder,
  createTokenBucket,
} from "../client/index.ts";
import type { JsonObject } from "../k8s/json.ts";
import { configMaps, pods, secrets, serviceAccounts } from "../k8s/resources.ts";
import type { ApiRequest, ResponseBody, Transport, WatchSink } from "../k8s/transport.ts";
import type { Pod, PodPhase, PodSpec } from "../k8s/types/core.ts";
import { parseCidr } from "./ip-range.ts";
import { createNodeTemplate } from "./node-template.ts";
import { testPlan } from "./pod.fixture.ts";
import { type PodHabitsMinor, podHabits } from "./pod-habits.ts";
import { createPodManager, type PodManager } from "./pod-manager.ts";
import type { KubeletSwitches, ProfileName } from "./profiles/habits.ts";

/** A request of the kubelet's, and when it came, in milliseconds since the start. */
export interface TestRequest {
  readonly atMs: number;
  /** `GET pods/web`, `PATCH pods/web/status`, `WATCH configmaps metadata.name=one`. */
  readonly line: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
}

/** The pods of one kubelet, on an API server in this process. */
export interface TestKubelet extends AsyncDisposable {
  readonly env: Env & { readonly clock: ManualClock };
  readonly client: Client;
  readonly manager: PodManager;
  readonly requests: TestRequest[];
  readonly tally: Partial<Record<PodPhase, number>>;
  /** Watches of the kubelet's that the server holds. */
  readonly openWatches: number;
  /** What the kubelet is answered in place of the server's answer, if anything. */
  intercept: ((request: ApiRequest) => ReturnType<Transport> | undefined) | undefined;
  lines(): readonly string[];
  /** Makes a pod that names its node itself. */
  createPod(name: string, spec?: Partial<PodSpec>): Promise<Pod>;
  /** Makes a pod and binds it to the node, as a scheduler does. */
  bindPod(name: string, spec?: Partial<PodSpec>): Promise<void>;
  deletePod(name: string, gracePeriodSeconds?: number): Promise<void>;
  pod(name: string): Promise<Pod | undefined>;
}

export interface TestKubeletOptions {
  readonly profile?: ProfileName;
  readonly minor?: PodHabitsMinor;
  /** Default: without limits. */
  readonly limits?: { readonly qps: number; readonly burst: number };
  readonly capacity?: Readonly<Record<string, string>>;
  /** How long the server takes for a request, in milliseconds. Default 0. */
  readonly latencyMs?: number;
}

const nodeName = "hollow-0";
const user = { name: "admin", groups: ["system:masters"] };

export async function createTestKubelet(options: TestKubeletOptions = {}): Promise<TestKubelet> {
  const { profile = "kubemark", minor = 34, latencyMs = 0 } = options;
  const env = createTestEnv();
  const server = createApiServer({}, env);
  const admin = createClient({ transport: server.handle, user });
  await admin.create(serviceAccounts, named("ServiceAccount", "default"));
  const startMs = env.clock.nowMs();
  const requests: TestRequest[] = [];
  const openWatches = new Set<WatchSink>();
  const transport: Transport = async (request) => {
    requests.push(recorded(request, env.clock.nowMs() - startMs));
    if (latencyMs > 0) await sleep(env.clock, latencyMs);
    const response = (await kubelet.intercept?.(request)) ?? (await server.handle(request));
    if (response.body.kind !== "watch") return response;
    return { ...response, body: counted(response.body, openWatches) };
  };
  const { limits } = options;
  const limiter = limits === undefined ? {} : { limiter: createTokenBucket(limits, env) };
  const client = createClient({ transport, user, ...limiter });
  const switches = switchesOf(profile);
  const recorder = switches.Events
    ? createEventRecorder({ client, component: "kubelet", host: nodeName }, env)
    : undefined;
  const tally: Partial<Record<PodPhase, number>> = {};
  const manager = createPodManager(
    {
      ...testNode(minor, options.capacity),
      habits: podHabits({ profile, minor, switches }),
      client,
      behavior: { plan: () => testPlan },
      tally: {
        moved(from, to) {
          if (from !== undefined) tally[from] = (tally[from] ?? 0) - 1;
          if (to !== undefined) tally[to] = (tally[to] ?? 0) + 1;
        },
      },
      recorder,
    },
    env,
  );
  const watch = await watchPods(admin, manager);
  const kubelet: TestKubelet = {
    env,
    client: admin,
    manager,
    requests,
    tally,
    get openWatches() {
      return openWatches.size;
    },
    intercept: undefined,
    lines: () => requests.map(({ line }) => line),
    createPod: (name, spec) => admin.create(pods, podOf(name, { nodeName, ...spec })),
    async bindPod(name, spec) {
      await admin.create(pods, podOf(name, spec));
      const ref = { namespace: "default", name };
      const target = { apiVersion: "v1", kind: "Node", name: nodeName };
      const binding = { apiVersion: "v1", kind: "Binding", metadata: ref, target };
      await admin.createSubresource(pods, ref, "binding", binding);
    },
    deletePod: (name, gracePeriodSeconds) =>
      admin.delete(
        pods,
        { namespace: "default", name },
        gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
      ),
    pod: (name) => admin.get(pods, { namespace: "default", name }).catch(() => undefined),
    async [Symbol.asyncDispose]() {
      watch.stop();
      await recorder?.[Symbol.asyncDispose]();
      await manager[Symbol.asyncDispose]();
    },
  };
  return kubelet;
}

function testNode(minor: number, more: TestKubeletOptions["capacity"]) {
  const podRange = parseCidr("10.0.0.0/24");
  if (podRange === undefined) throw new Error("that is a CIDR");
  const capacity = { cpu: "4", memory: "8Gi", pods: "110", ...more };
  const kubeletVersion = `v1.${minor}.0`;
  const template = createNodeTemplate({
    fleet: "test",
    labels: {},
    taints: [],
    capacity,
    kubeletVersion,
  });
  return { node: { name: nodeName, ip: "198.18.0.1", template }, podRange };
}

/** What pods refer to. */
export async function createObjects(client: Client): Promise<void> {
  await client.create(configMaps, named("ConfigMap", "settings"));
  await client.create(configMaps, named("ConfigMap", "kube-root-ca.crt"));
  await client.create(secrets, named("Secret", "password"));
}

function switchesOf(profile: ProfileName): KubeletSwitches {
  const isReal = profile !== "kubemark";
  return {
    UniquePodIPs: isReal,
    InitContainers: isReal,
    Readiness: isReal,
    GracePeriods: isReal,
    Events: isReal,
    KubeletLimits: isReal,
    Reregister: isReal,
  };
}

type WatchBody = ResponseBody & { readonly kind: "watch" };

function counted(body: WatchBody, open: Set<WatchSink>): WatchBody {
  return {
    kind: "watch",
    open(sink) {
      open.add(sink);
      const handle = body.open({
        events: (batch) => sink.events(batch),
        closed(error) {
          open.delete(sink);
          sink.closed(error);
        },
      });
      return {
        stop() {
          open.delete(sink);
          handle.stop();
        },
      };
    },
  };
}

function podOf(name: string, spec: Partial<PodSpec> | undefined) {
  const containers = [{ name: "main", image: "nginx:1.27" }];
  return { ...named("Pod", name), spec: { containers, ...spec } };
}

function named<Kind extends string>(kind: Kind, name: string) {
  return { apiVersion: "v1", kind, metadata: { name, namespace: "default" } };
}

function recorded({ method, path, query = {}, body }: ApiRequest, atMs: number): TestRequest {
  const verb = query["watch"] === "true" ? "WATCH" : method;
  const place = path.replace(/^\/apis?\/[^/]+\/(v1\/)?/, "").replace(/^namespaces\/[^/]+\//, "");
  const selector = query["fieldSelector"];
  return {
    atMs,
    line: `${verb} ${place}${selector === undefined ? "" : ` ${selector}`}`,
    query,
    body: body?.kind === "object" ? (body.value as JsonObject) : undefined,
  };
}

async function watchPods(client: Client, manager: PodManager) {
  const fieldSelector = `spec.nodeName=${nodeName}`;
  return client.watch(
    pods,
    { fieldSelector },
    {
      events(batch) {
        for (const { type, object } of batch) {
          const pod = object as unknown as Pod;
          if (type === "DELETED") manager.removed(pod);
          else if (type === "ADDED" || type === "MODIFIED") manager.changed(pod);
        }
      },
      closed() {},
    },
  );
}
