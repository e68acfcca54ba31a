import { createApiServer } from "../apiserver/index.ts";
import type { Env } from "../base/env.ts";
import type { ManualClock } from "../base/manual-clock.ts";
import { createTestEnv } from "../base/test-env.ts";
import { type Client, createClient } from "../client/index.ts";
import { pods, serviceAccounts } from "../k8s/resources.ts";
import {
  type ApiRequest,
  type ResponseBody,
  type Transport,
  TransportError,
  type WatchSink,
} from "../k8s/transport.ts";
import type { Pod, PodSpec } from "../k8s/types/core.ts";
import { createFleet, type Fleet, type FleetOptions, type NodeAccess } from "./index.ts";

/** An API server in this process, a fleet's way to it, and a way of our own. */
export interface TestCluster {
  readonly env: Env & { readonly clock: ManualClock };
  /** Our own. */
  readonly client: Client;
  /** The fleet's: it is recorded, and ends where `down` says so. */
  readonly fleetClient: Client;
  /** The way in for nodes that run by themselves: the fleet's. */
  readonly access: NodeAccess;
  /** What the fleet asked, as `PATCH /api/v1/…`. */
  readonly requests: string[];
  /** Whether the fleet reaches the server. When it ends, its watches break too. */
  reachable(reachable: boolean): void;
  /** What the fleet is answered in place of the server's answer, if anything. */
  intercept: ((request: ApiRequest) => ReturnType<Transport> | undefined) | undefined;
  fleet(options?: Partial<FleetOptions>): Fleet;
  /** Starts a fleet and waits until its nodes are Ready. */
  start(options?: Partial<FleetOptions>): Promise<Fleet>;
  stop(fleet: Fleet, onExit?: "delete" | "keep"): Promise<void>;
  createPod(name: string, spec?: Partial<PodSpec>): Promise<Pod>;
  pod(name: string): Promise<Pod>;
}

export async function createTestCluster(seed = 1): Promise<TestCluster> {
  const env = createTestEnv({ seed });
  const server = createApiServer({}, env);
  const user = { name: "admin", groups: ["system:masters"] };
  const client = createClient({ transport: server.handle, user });
  await client.create(serviceAccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  });
  let isReachable = true;
  const watches = new Set<WatchSink>();
  const lost = (): TransportError => new TransportError("connection-lost", "the connection broke");
  const transport: Transport = async (request) => {
    const query = request.query?.["watch"] === "true" ? " watch" : "";
    cluster.requests.push(`${request.method} ${request.path}${query}`);
    if (!isReachable) throw new TransportError("unreachable", "connection refused");
    const response = await (cluster.intercept?.(request) ?? server.handle(request));
    return response.body.kind === "watch"
      ? { ...response, body: breakable(response.body, watches) }
      : response;
  };
  const fleetClient = createClient({ transport, user });
  const access: NodeAccess = {
    server: "https://127.0.0.1:6443",
    open: async () => ({ transport, user, async [Symbol.asyncDispose]() {} }),
    limiterWaited() {},
  };
  const cluster: TestCluster = {
    access,
    env,
    client,
    fleetClient,
    requests: [],
    reachable(reachable) {
      isReachable = reachable;
      if (reachable) return;
      for (const sink of [...watches]) sink.closed(lost());
      watches.clear();
    },
    intercept: undefined,
    fleet: (options = {}) =>
      createFleet(
        { groups: [{ count: 3 }], kubeletVersion: "v1.34.4", profile: "light", ...options },
        { client: fleetClient, leaseClient: fleetClient, nodes: access },
        env,
      ),
    async start(options) {
      const fleet = cluster.fleet(options);
      await settle(env.clock, fleet.start(new AbortController().signal));
      await settle(env.clock, fleet.whenReady({ timeoutMs: 60_000 }));
      return fleet;
    },
    stop: (fleet, onExit = "delete") => settle(env.clock, fleet.stop({ onExit })),
    createPod: (name, spec = {}) =>
      client.create(pods, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "default" },
        spec: { nodeName: "hollow-0", containers: [{ name: "main", image: "nginx" }], ...spec },
      }),
    pod: (name) => client.get(pods, { namespace: "default", name }),
  };
  return cluster;
}

/** A watch that ends for its client when its sink is closed from outside. */
function breakable(
  body: ResponseBody & { kind: "watch" },
  watches: Set<WatchSink>,
): ResponseBody & { kind: "watch" } {
  return {
    kind: "watch",
    open(sink) {
      watches.add(sink);
      const handle = body.open({
        events: (batch) => {
          if (watches.has(sink)) sink.events(batch);
        },
        closed: (error) => {
          if (watches.delete(sink)) sink.closed(error);
        },
      });
      return {
        stop() {
          watches.delete(sink);
          handle.stop();
        },
      };
    },
  };
}

/** Lets time pass until a promise has settled. */
export async function settle<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  while (!isSettled) await clock.advance(10);
  return promise;
}
