import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { adminUser, createApiServer } from "../src/apiserver/index.ts";
import { type Client, createClient } from "../src/client/index.ts";
import { createSystemEnv } from "../src/cluster/index.ts";
import { endpointSlices, services } from "../src/k8s/resources.ts";
import type { Endpoint, EndpointSlice } from "../src/k8s/types/discovery.ts";
import type { ToCreate } from "../src/k8s/types/meta.ts";
import {
  createSharedRules,
  proxyHabits,
  type RunningProxy,
  startProxy,
} from "../src/proxy/index.ts";
import type { Figure } from "./results.ts";

const proxyCount = 2_000;
const serviceCount = 200;
const endpointCount = 50;
const warmUpRounds = 10;
const rounds = 40;

/**
 * What a hollow proxy costs besides its connection: thousands of them follow the embedded API
 * server in one process, as Kubemark's of 1.34 do.
 */
export async function benchProxy(): Promise<readonly Figure[]> {
  const env = createSystemEnv();
  const server = createApiServer({}, env);
  const client = createClient({ transport: server.handle, user: adminUser });
  const slices = await createServices(client);
  const before = heapBytes();
  const proxies = startProxies();
  try {
    while (!proxies.every(({ synced }) => synced)) await env.clock.turn();
    const bytes = (heapBytes() - before) / proxyCount;
    const us = await updateUs(client, slices, proxies, () => env.clock.turn());
    return [
      {
        name: "proxy-heap-kb",
        value: bytes / 1_000,
        note: `heap a proxy with its 3 watches, of ${proxyCount}; ${serviceCount} Services`,
      },
      {
        name: "proxy-endpoint-update-us",
        value: us,
        note: `µs of CPU a proxy, of a slice of ${endpointCount} endpoints, from PUT to programmed`,
      },
    ];
  } finally {
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
    server.close();
  }

  function startProxies(): readonly RunningProxy[] {
    const rules = createSharedRules(env);
    const { habits } = proxyHabits({ profile: "kubemark", kubeletVersion: "v1.34.4" });
    const observer = { networkProgrammed() {}, limiterWaited() {} };
    const access = {
      transport: server.handle,
      user: adminUser,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    return Array.from({ length: proxyCount }, (_, index) =>
      startProxy({ nodeName: `bench-${index}`, habits, access, rules, observer }, env),
    );
  }
}

/** CPU for one change of one slice, divided by the proxies that hear of it. */
async function updateUs(
  client: Client,
  slices: readonly EndpointSlice[],
  proxies: readonly RunningProxy[],
  turn: () => Promise<void>,
): Promise<number> {
  let begun = process.cpuUsage();
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    if (round === 0) begun = process.cpuUsage();
    const slice = slices[(round + warmUpRounds) % slices.length];
    if (slice === undefined) throw new Error("bench: no slice");
    const programmed = proxies.map((proxy) => proxy.programmed);
    await client.update(endpointSlices, withEndpoints(slice, round));
    while (proxies.some((proxy, index) => proxy.programmed === programmed[index])) await turn();
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / (rounds * proxies.length);
}

async function createServices(client: Client): Promise<readonly EndpointSlice[]> {
  const created: EndpointSlice[] = [];
  for (let index = 0; index < serviceCount; index += 1) {
    const name = `web-${index}`;
    const ports = [{ name: "http", port: 80, protocol: "TCP" }];
    await client.create(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "default" },
      spec: { ports },
    });
    const labels = { "kubernetes.io/service-name": name };
    const slice: ToCreate<EndpointSlice> = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace: "default", labels },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8_080, protocol: "TCP" }],
      endpoints: endpointsOf("10.0"),
    };
    created.push(await client.create(endpointSlices, slice));
  }
  return created;
}

function withEndpoints(slice: EndpointSlice, round: number): EndpointSlice {
  const { resourceVersion: _, ...metadata } = slice.metadata;
  return {
    ...slice,
    metadata: { ...metadata, resourceVersion: "" },
    endpoints: endpointsOf(`10.${100 + round}`),
  };
}

function endpointsOf(prefix: string): readonly Endpoint[] {
  return Array.from({ length: endpointCount }, (_, index) => ({
    addresses: [`${prefix}.${index}.1`],
    nodeName: `bench-${index}`,
    conditions: { ready: true, serving: true, terminating: false },
  }));
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
