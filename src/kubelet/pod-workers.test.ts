import fc from "fast-check";
import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { createClient } from "../client/index.ts";
import type { JsonObject } from "../k8s/json.ts";
import type { Pod, PodPhase, PodStatus } from "../k8s/types/core.ts";
import { parseCidr } from "./ip-range.ts";
import { createNodeTemplate } from "./node-template.ts";
import { deleted, testPlan, testPod, testPodHabits } from "./pod.fixture.ts";
import { createPodWorkers } from "./pod-workers.ts";
import { createStatusWriter } from "./status-writer.ts";

/** A kubelet with room for 5 pods and, by default, 5 addresses, and an API server that keeps its pods in a map. */
function createTestNode(cidr = "10.0.0.0/29") {
  const env = createTestEnv();
  const objects = new Map<string, Pod>();
  let version = 1;
  /** HTTP statuses of the next answers. */
  const faults: number[] = [];
  const merged = (pod: Pod, status: PodStatus): Pod => {
    version += 1;
    const metadata = { ...pod.metadata, resourceVersion: String(version) };
    return { ...pod, metadata, status: { ...pod.status, ...status } };
  };
  const client = createClient({
    async transport({ method, path, body }) {
      const code = faults.shift() ?? 200;
      const name = path.split("/")[6] ?? "";
      const pod = objects.get(name);
      if (code !== 200) return { status: code, headers: {}, body: { kind: "none" } };
      if (pod === undefined) return { status: 404, headers: {}, body: { kind: "none" } };
      if (method === "DELETE") {
        objects.delete(name);
        workers.removed(pod);
        return { status: 200, headers: {}, body: { kind: "none" } };
      }
      const patch =
        body?.kind === "object" ? (body.value as { readonly status: PodStatus }) : undefined;
      const next = merged(pod, patch?.status ?? {});
      objects.set(name, next);
      workers.changed(next);
      return {
        status: 200,
        headers: {},
        body: { kind: "object", value: next as unknown as JsonObject },
      };
    },
  });
  const tally: Partial<Record<PodPhase, number>> = {};
  const podRange = parseCidr(cidr);
  if (podRange === undefined) throw new Error("that is a CIDR");
  const workers = createPodWorkers(
    {
      node: {
        name: "hollow-0",
        ip: "198.18.0.1",
        template: createNodeTemplate({
          fleet: "test",
          labels: {},
          taints: [],
          capacity: { cpu: "4", memory: "8Gi", pods: "5" },
          kubeletVersion: "v1.34.4",
        }),
      },
      habits: testPodHabits,
      behavior: { plan: () => testPlan },
      statusWriter: createStatusWriter({ client }, env),
      tally: {
        moved(from, to) {
          if (from !== undefined) tally[from] = (tally[from] ?? 0) - 1;
          if (to !== undefined) tally[to] = (tally[to] ?? 0) + 1;
        },
      },
      podRange,
    },
    env,
  );
  return {
    env,
    workers,
    objects,
    tally,
    faults,
    change(name: string, make: (pod: Pod | undefined) => Pod | undefined) {
      const before = objects.get(name);
      const next = make(before);
      if (next === undefined) {
        objects.delete(name);
        if (before !== undefined) workers.removed(before);
        return;
      }
      version += 1;
      const stored = { ...next, metadata: { ...next.metadata, resourceVersion: String(version) } };
      objects.set(name, stored);
      workers.changed(stored);
    },
  };
}

const actions = fc.array(
  fc.record({
    kind: fc.constantFrom("create", "delete", "force", "wait", "fault", "declare"),
    pod: fc.integer({ min: 0, max: 6 }),
    ms: fc.integer({ min: 0, max: 1_500 }),
  }),
  { maxLength: 40 },
);

test("no order of events leaks an address, gives one twice, or loses count of pods", async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (script) => {
      const { env, workers, objects, tally, faults, change } = createTestNode();
      let born = 0;
      for (const { kind, pod, ms } of script) {
        const name = `p${pod}`;
        if (kind === "create" && !objects.has(name)) {
          born += 1;
          const uid = `uid-${born}`;
          change(name, () => testPod({ metadata: { name, uid } }));
        }
        if (kind === "delete") change(name, (known) => known && deleted(known, 1));
        if (kind === "force") change(name, () => undefined);
        if (kind === "wait") await env.clock.advance(ms);
        if (kind === "fault") faults.push(503);
        if (kind === "declare") {
          change(name, (known) => {
            if (known?.status?.phase !== "Running") return known;
            return { ...known, status: { ...known.status, phase: "Failed" } };
          });
        }
        const running = [...objects.values()].filter(({ status }) => status?.phase === "Running");
        const ips = running.map(({ status }) => status?.podIP);
        expect(new Set(ips).size).toBe(ips.length);
        expect(workers.addressesInUse).toBeLessThanOrEqual(5);
        expect(workers.size).toBe(objects.size);
      }
      await env.clock.advance(120_000);
      const alive = [...objects.values()].filter(({ status }) => status?.phase === "Running");
      expect(workers.addressesInUse).toBe(alive.length);
      expect(tally.Running ?? 0).toBe(alive.length);
      for (const name of [...objects.keys()]) change(name, () => undefined);
      expect(workers.addressesInUse).toBe(0);
      expect(Object.values(tally).every((count) => count === 0)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("an event that is older than what was written is not taken for news", async () => {
  const { env, workers, objects, change } = createTestNode();
  change("web", () => testPod());
  const stale = objects.get("web");
  await env.clock.advance(1_000);
  const { resourceVersion } = objects.get("web")?.metadata ?? {};
  if (stale !== undefined) workers.changed(stale);
  await env.clock.advance(10_000);
  expect(objects.get("web")?.status?.phase).toBe("Running");
  expect(objects.get("web")?.metadata.resourceVersion).toBe(resourceVersion);
});

test("a pod for which no address is left starts when one comes back", async () => {
  const { env, objects, change } = createTestNode("10.0.0.0/30");
  change("one", () => testPod({ metadata: { name: "one", uid: "1" } }));
  await env.clock.advance(1_000);
  change("two", () => testPod({ metadata: { name: "two", uid: "2" } }));
  await env.clock.advance(10_000);
  expect(objects.get("two")?.status?.containerStatuses?.[0]?.state).toEqual({
    waiting: { reason: "ContainerCreating" },
  });
  change("one", (pod) => pod && deleted(pod, 1));
  await env.clock.advance(2_000);
  expect(objects.get("two")?.status).toMatchObject({ phase: "Running", podIP: "10.0.0.2" });
});
