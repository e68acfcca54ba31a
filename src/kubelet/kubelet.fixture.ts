import { createApiServer } from "../apiserver/index.ts";
import type { Env } from "../base/env.ts";
import type { ManualClock } from "../base/manual-clock.ts";
import { createTestEnv } from "../base/test-env.ts";
import { type Client, createClient } from "../client/index.ts";
import { isJsonObject } from "../k8s/json.ts";
import { serviceAccounts } from "../k8s/resources.ts";
import type { ApiRequest, Transport } from "../k8s/transport.ts";
import { parseCidr } from "./ip-range.ts";
import { createNodeTemplate, type NodeIdentity } from "./node-template.ts";
import { createHollowBehavior } from "./pod-behavior.ts";
import { type KubeletHabitsOptions, kubeletHabits } from "./profiles/kubelet-habits.ts";
import type { KubeletObserver, RunningKubelet } from "./running-kubelet.ts";
import { startKubelet } from "./start-kubelet.ts";

/** A request of the kubelet: when, in milliseconds since its start, what, and the answer. */
export interface SeenRequest {
  readonly atMs: number;
  /** `GET /api/v1/nodes/hollow-0?timeout=10s 404`; versions and random seconds are masked. */
  readonly line: string;
  readonly request: ApiRequest;
}

export interface TestKubelet extends AsyncDisposable {
  readonly kubelet: RunningKubelet;
  readonly seen: SeenRequest[];
  readonly observed: string[];
  /** The lines since the last call. */
  lines(): string[];
}

export interface KubeletBench {
  readonly env: Env & { readonly clock: ManualClock };
  readonly client: Client;
  /** What the kubelets are answered in place of the server's answer, if anything. */
  intercept: ((request: ApiRequest) => ReturnType<Transport> | undefined) | undefined;
  start(options?: Partial<KubeletHabitsOptions>, node?: Partial<NodeIdentity>): TestKubelet;
}

const podRange = parseCidr("10.0.0.0/16");

/** An API server in this process, and kubelets whose requests are written down. */
export async function createKubeletBench(): Promise<KubeletBench> {
  const env = createTestEnv();
  const server = createApiServer({}, env);
  const admin = { name: "admin", groups: ["system:masters"] };
  const client = createClient({ transport: server.handle, user: admin });
  await client.create(serviceAccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  });

  const bench: KubeletBench = {
    env,
    client,
    intercept: undefined,
    start(options = {}, identity = {}) {
      const startMs = env.clock.monotonicMs();
      const seen: SeenRequest[] = [];
      const observed: string[] = [];
      let printed = 0;
      const transport: Transport = async (request) => {
        const at = seen.length;
        const atMs = env.clock.monotonicMs() - startMs;
        seen.push({ atMs, line: lineOf(request), request });
        const response = await (bench.intercept?.(request) ?? server.handle(request));
        if (response.status !== 200) {
          seen[at] = { atMs, line: `${lineOf(request)} ${response.status}`, request };
        }
        return response;
      };
      const profile = { profile: "kubemark", kubeletVersion: "v1.31.14", ...options } as const;
      const { habits } = kubeletHabits(profile);
      const { kubeletVersion } = profile;
      const template = createNodeTemplate({
        fleet: "test",
        labels: {},
        taints: [],
        capacity: habits.capacity,
        kubeletVersion,
      });
      const observer: KubeletObserver = {
        leaseRenewed: (gapMs) =>
          observed.push(`renewed ${gapMs === undefined ? "first" : "again"}`),
        leaseFailed: () => observed.push("failed"),
        reregistered: () => observed.push("reregistered"),
        limiterWaited: () => {},
      };
      if (podRange === undefined) throw new Error("the pod range of the tests is none");
      const kubelet = startKubelet(
        {
          node: { name: "hollow-0", ip: "198.18.0.1", template, ...identity },
          podRange,
          habits,
          access: { transport, user: admin, [Symbol.asyncDispose]: async () => {} },
          behavior: createHollowBehavior({}, env),
          tally: { moved() {} },
          observer,
        },
        env,
      );
      return {
        kubelet,
        seen,
        observed,
        lines() {
          const lines = seen.slice(printed).map(({ line }) => line);
          printed = seen.length;
          return lines;
        },
        [Symbol.asyncDispose]: () => kubelet[Symbol.asyncDispose](),
      };
    },
  };
  return bench;
}

function lineOf({ method, path, query = {} }: ApiRequest): string {
  const text = Object.entries(query)
    .map(([key, value]) => `${key}=${mask(key, value)}`)
    .toSorted()
    .join("&");
  const verb = query["watch"] === "true" ? "WATCH" : method;
  return `${verb} ${path}${text === "" ? "" : `?${text}`}`;
}

function mask(key: string, value: string): string {
  if (key === "timeoutSeconds") return "S";
  if (key === "timeout" && value !== "10s") return "D";
  return key === "resourceVersion" && value !== "0" ? "N" : value;
}

/** The body of a request that was an object. */
export function bodyOf({ request }: SeenRequest): unknown {
  const { body } = request;
  return body?.kind === "object" && isJsonObject(body.value) ? body.value : undefined;
}

/** How often each line is there. */
export function counted(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}
