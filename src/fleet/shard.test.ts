import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodes } from "../k8s/resources.ts";
import { createTestCluster, settle, type TestCluster } from "./fleet.fixture.ts";
import {
  createFleet,
  emptyStatus,
  FleetError,
  type FleetStatus,
  type RunningFleet,
  sizeOfShard,
  startShard,
  sumStatuses,
} from "./index.ts";

const options = { groups: [{ count: 5 }], kubeletVersion: "v1.34.4", profile: "kubelet" } as const;
const signal = new AbortController().signal;

function clientsOf({ fleetClient, access }: TestCluster) {
  return { client: fleetClient, leaseClient: fleetClient, nodes: access };
}

describe("shards", () => {
  test("have all that there is between them, and as much as each other but for one", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 1, max: 64 }), (total, count) => {
        const sizes = Array.from({ length: count }, (_, index) =>
          sizeOfShard(total, { index, count }),
        );
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("run every other node, with the names and addresses of the whole", async () => {
    const addresses = async (cluster: TestCluster) =>
      (await cluster.client.list(nodes)).items.map(({ metadata, status }) => [
        metadata.name,
        status?.addresses,
      ]);
    const whole = await createTestCluster();
    await whole.start(options);
    const cluster = await createTestCluster();
    const running: RunningFleet[] = [];
    for (const index of [0, 1]) {
      const clients = clientsOf(cluster);
      const shard = { index, count: 2 };
      running.push(await startShard(options, shard, clients, cluster.env, signal));
    }
    await cluster.env.clock.advance(10_000);
    expect(running.map((shard) => shard.status().nodes)).toEqual([
      { wanted: 3, registered: 3, ready: 3 },
      { wanted: 2, registered: 2, ready: 2 },
    ]);
    expect(await addresses(cluster)).toEqual(await addresses(whole));
    await settle(cluster.env.clock, Promise.all(running.map((shard) => shard.close())));
  });
});

describe("the sum of statuses", () => {
  const failure = { reason: "Forbidden", message: "no", final: true };
  const first: FleetStatus = {
    nodes: { wanted: 3, registered: 2, ready: 1 },
    failures: [{ ...failure, nodes: 4, examples: ["a", "b", "c", "d"] }],
    reregistrations: 1,
    leases: { sent: 5, late: 1, failed: 0, longestGapMs: 12_000 },
    pods: { Pending: 1, Running: 2, Succeeded: 0, Failed: 0, Unknown: 0 },
  };
  const second: FleetStatus = {
    nodes: { wanted: 2, registered: 2, ready: 2 },
    failures: [
      { ...failure, message: "not at all", nodes: 2, examples: ["e", "f"] },
      { ...failure, reason: "NoAccess", nodes: 1, examples: ["g"] },
    ],
    reregistrations: 2,
    leases: { sent: 7, late: 0, failed: 3, longestGapMs: 9_000 },
    pods: { Pending: 0, Running: 1, Succeeded: 4, Failed: 5, Unknown: 6 },
  };

  test("adds numbers, takes the longest gap, and puts failures together by reason", () => {
    expect(sumStatuses([first, second])).toEqual({
      nodes: { wanted: 5, registered: 4, ready: 3 },
      failures: [
        { ...failure, nodes: 6, examples: ["a", "b", "c", "d", "e"] },
        { ...failure, reason: "NoAccess", nodes: 1, examples: ["g"] },
      ],
      reregistrations: 3,
      leases: { sent: 12, late: 1, failed: 3, longestGapMs: 12_000 },
      pods: { Pending: 1, Running: 3, Succeeded: 4, Failed: 5, Unknown: 6 },
    });
  });

  test("of none is that of an empty fleet", () => {
    expect(sumStatuses([])).toEqual(emptyStatus(0));
  });
});

describe("a fleet whose nodes run elsewhere", () => {
  test("fails with them, and still deletes what it has made when it is stopped", async () => {
    const cluster = await createTestCluster();
    const clients = clientsOf(cluster);
    const { env } = cluster;
    const crash = new AbortController();
    const error = new FleetError("crashed", "worker 1 of 2 has ended: boom");
    const failed = new Promise<never>((_, reject) => {
      crash.signal.addEventListener("abort", () => reject(error));
    });
    const fleet = createFleet(
      options,
      {
        ...clients,
        async startNodes(pool, stop) {
          expect(pool.nodes).toHaveLength(5);
          const shard = { index: 0, count: 1 };
          return { ...bound(await startShard(options, shard, clients, env, stop)), failed };
        },
      },
      env,
    );
    await settle(env.clock, fleet.start(signal));
    await settle(env.clock, fleet.whenReady({ timeoutMs: 60_000 }));
    crash.abort();
    await expect(fleet.failed).rejects.toBe(error);
    await cluster.stop(fleet, "delete");
    expect((await cluster.client.list(nodes)).items).toEqual([]);
  });
});

function bound(fleet: RunningFleet): RunningFleet {
  return { status: () => fleet.status(), close: () => fleet.close() };
}
