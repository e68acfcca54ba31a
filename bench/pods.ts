import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { sleep } from "../src/base/clock.ts";
import { createClient } from "../src/client/index.ts";
import { createSystemEnv } from "../src/cluster/index.ts";
import type { JsonObject } from "../src/k8s/json.ts";
import type { Transport } from "../src/k8s/transport.ts";
import type { Pod } from "../src/k8s/types/core.ts";
import {
  createNodeTemplate,
  createPodManager,
  kubeletHabits,
  type PodManager,
  parseCidr,
} from "../src/kubelet/index.ts";
import type { Figure } from "./results.ts";

const podCount = 2_000;
const rounds = 20;
const managerCount = 5_000;

/**
 * What the pods of kubelets that run by themselves cost besides their requests: the answers are
 * there at once, and made by nobody.
 */
export async function benchPods(): Promise<readonly Figure[]> {
  const env = createSystemEnv();
  const pods = new Map<string, Pod>();
  const managers: PodManager[] = [];
  const { habits } = kubeletHabits({ profile: "kubemark", kubeletVersion: "v1.34.4" });
  const podRange = parseCidr("10.0.0.0/8");
  if (podRange === undefined) throw new Error("bench: no range");
  const template = createNodeTemplate({
    fleet: "bench",
    labels: {},
    taints: [],
    capacity: { cpu: "1000", memory: "1Ti", pods: String(podCount) },
    kubeletVersion: "v1.34.4",
  });
  const client = createClient({
    transport: answerWith(pods, () => {
      patches += 1;
    }),
  });
  const plan = { createMs: 0, initMs: 0, stopMs: 0, run: { kind: "forever" } } as const;
  let running = 0;
  let patches = 0;
  const start = (index: number): PodManager => {
    const manager = createPodManager(
      {
        node: { name: `bench-${index}`, ip: "198.18.0.1", template },
        podRange,
        habits: habits.pods,
        client,
        behavior: { plan: () => plan },
        tally: {
          moved(_, to) {
            if (to === "Running") running += 1;
          },
        },
        recorder: undefined,
      },
      env,
    );
    managers.push(manager);
    return manager;
  };

  try {
    const node = start(0);
    const emptyBefore = heapBytes();
    for (let index = 1; index <= managerCount; index += 1) start(index);
    const emptyBytes = (heapBytes() - emptyBefore) / managerCount;

    for (let index = 0; index < podCount; index += 1) {
      const pod = podOf(index);
      pods.set(pod.metadata.name, pod);
    }
    const podsBefore = heapBytes();
    const begun = process.cpuUsage();
    for (const pod of pods.values()) node.changed(pod);
    // Until nothing is written any more: a status may have been overtaken by the next.
    for (let before = -1; running < podCount || patches > before; ) {
      before = patches;
      await sleep(env.clock, 500);
    }
    const statusUs = cpuUs(begun) / patches;
    const podBytes = (heapBytes() - podsBefore) / podCount;

    const eventsBegun = process.cpuUsage();
    for (let round = 0; round < rounds; round += 1) {
      for (const pod of pods.values()) node.changed(pod);
    }
    const eventUs = cpuUs(eventsBegun) / (rounds * podCount);
    return [
      { name: "pod-event-us", value: eventUs, note: "µs of CPU for an event that changes nothing" },
      {
        name: "pod-status-us",
        value: statusUs,
        note: "µs of CPU for a status: decided, read, compared, patched; without the wire",
      },
      {
        name: "pod-heap-kb",
        value: podBytes / 1_000,
        note: `heap of a pod that runs, of ${podCount}`,
      },
      {
        name: "pod-manager-heap-kb",
        value: emptyBytes / 1_000,
        note: "heap of what runs the pods of a node that has none",
      },
    ];
  } finally {
    await Promise.all(managers.map((manager) => manager[Symbol.asyncDispose]()));
  }
}

/** Answers with the pods as they were made, whatever is asked. */
function answerWith(pods: ReadonlyMap<string, Pod>, patched: () => void): Transport {
  return async ({ method, path }) => {
    const pod = pods.get(path.split("/")[6] ?? "");
    if (pod === undefined) return { status: 404, headers: {}, body: { kind: "none" } };
    if (method === "PATCH") patched();
    const value = pod as unknown as JsonObject;
    return { status: 200, headers: {}, body: { kind: "object", value } };
  };
}

function podOf(index: number): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `web-${index}`,
      namespace: "default",
      uid: `uid-${index}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      generation: 1,
    },
    spec: { nodeName: "bench-0", containers: [{ name: "main", image: "nginx:1.27" }] },
  };
}

function cpuUs(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return user + system;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
