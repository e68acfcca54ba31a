import { createApiServer } from "../apiserver/index.ts";
import type { Env } from "../base/env.ts";
import type { ManualClock } from "../base/manual-clock.ts";
import { createTestEnv } from "../base/test-env.ts";
import { type Client, createClient } from "../client/index.ts";
import type { ApiRequest, Transport } from "../k8s/transport.ts";
import type { Service } from "../k8s/types/core.ts";
import type { Endpoint, EndpointSlice } from "../k8s/types/discovery.ts";
import type { ToCreate } from "../k8s/types/meta.ts";
import {
  createSharedRules,
  type ProxyHabitsOptions,
  proxyHabits,
  type RunningProxy,
  type SharedRules,
  startProxy,
} from "./index.ts";

/** An API server in this process, and proxies whose requests are noted. */
export interface TestPlane {
  readonly env: Env & { readonly clock: ManualClock };
  readonly client: Client;
  readonly rules: SharedRules;
  readonly requests: ApiRequest[];
  /** What proxies are answered in place of the server's answer, if anything. */
  intercept: ((request: ApiRequest) => ReturnType<Transport> | undefined) | undefined;
  /** Latencies that the proxies have told of, in milliseconds. */
  readonly latenciesMs: number[];
  /** How long its limiter has kept requests waiting, in milliseconds. */
  readonly waitsMs: number[];
  start(nodeName: string, options?: Partial<ProxyHabitsOptions>): RunningProxy;
  /** Lets all that can happen now happen. */
  settle(): Promise<void>;
}

export function createTestPlane(): TestPlane {
  const env = createTestEnv();
  const server = createApiServer({}, env);
  const user = { name: "admin", groups: ["system:masters"] };
  const rules = createSharedRules(env);
  const requests: ApiRequest[] = [];
  const latenciesMs: number[] = [];
  const waitsMs: number[] = [];
  const plane: TestPlane = {
    env,
    intercept: undefined,
    client: createClient({ transport: server.handle, user }),
    rules,
    requests,
    latenciesMs,
    waitsMs,
    start(nodeName, options = {}) {
      const { habits } = proxyHabits({
        profile: "kubemark",
        kubeletVersion: "v1.34.4",
        ...options,
      });
      const access = {
        user,
        transport: (request: ApiRequest) => {
          requests.push(request);
          return plane.intercept?.(request) ?? server.handle(request);
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
      const observer = {
        networkProgrammed: (latencyMs: number) => {
          latenciesMs.push(latencyMs);
        },
        limiterWaited: (waitedMs: number) => {
          waitsMs.push(waitedMs);
        },
      };
      return startProxy({ nodeName, habits, access, rules, observer }, env);
    },
    settle: () => env.clock.advance(0),
  };
  return plane;
}

export interface TestService {
  readonly name: string;
  readonly clusterIP: string;
  readonly spec?: Service["spec"];
}

export function testService({ name, clusterIP, spec }: TestService): ToCreate<Service> {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
      ...spec,
    },
  };
}

export interface TestSlice {
  readonly service: string;
  readonly name: string;
  readonly endpoints: EndpointSlice["endpoints"];
  readonly triggered?: string;
}

export function testSlice(options: TestSlice): ToCreate<EndpointSlice> {
  const { service, name, endpoints = [], triggered } = options;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name,
      namespace: "default",
      labels: { "kubernetes.io/service-name": service },
      ...(triggered === undefined
        ? {}
        : { annotations: { "endpoints.kubernetes.io/last-change-trigger-time": triggered } }),
    },
    addressType: "IPv4",
    ports: [{ name: "http", protocol: "TCP", port: 8_080 }],
    endpoints,
  };
}

/** One that is ready, as `10.1.0.1` on `hollow-0`. */
export function ready(address: string, nodeName = "hollow-0"): Endpoint {
  return { addresses: [address], nodeName: nodeName, conditions: { ready: true, serving: true } };
}
