import { describe, expect, test } from "vitest";
import type { Client } from "../client/index.ts";
import { csiNodes, leases, nodes } from "../k8s/resources.ts";
import {
  bodyOf,
  counted,
  createKubeletBench,
  type SeenRequest,
  type TestKubelet,
} from "./kubelet.fixture.ts";

const leaseRef = { namespace: "kube-node-lease", name: "hollow-0" };
const oneMinuteMs = 60_000;

/** The requests of each turn of the clock, those of one moment in the order of the alphabet. */
function story(seen: readonly SeenRequest[]): readonly string[] {
  return seen
    .map(({ atMs, line }) => ({ atMs: Math.floor(atMs / 100) * 100, line }))
    .toSorted((left, right) => left.atMs - right.atMs || (left.line < right.line ? -1 : 1))
    .map(({ atMs, line }) => `${atMs} ${line}`);
}

function bodies({ seen }: TestKubelet, verb: string, path: string): unknown[] {
  return seen.filter(({ line }) => line.startsWith(`${verb} ${path}`)).map(bodyOf);
}

async function deleteNode(client: Client): Promise<void> {
  await client.delete(nodes, { name: "hollow-0" });
  // As the garbage collector does with what belongs to the Node.
  await client.delete(leases, leaseRef);
  await client.delete(csiNodes, { name: "hollow-0" });
}

describe("the start of a kubelet", () => {
  test.each([
    { profile: "kubemark", kubeletVersion: "v1.30.4" },
    { profile: "kubemark", kubeletVersion: "v1.31.14" },
    { profile: "kubemark", kubeletVersion: "v1.34.4" },
    { profile: "kubemark", kubeletVersion: "v1.36.3" },
    { profile: "kubelet", kubeletVersion: "v1.34.4" },
  ] as const)("is that of $profile $kubeletVersion", async (options) => {
    const bench = await createKubeletBench();
    await using started = bench.start(options);
    await bench.env.clock.advance(12_000);
    expect(story(started.seen)).toMatchSnapshot();
    expect(started.kubelet).toMatchObject({ state: "registered", ready: true });
  });

  test("says what Kubemark says", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(11_000);
    expect(bodies(started, "POST", "/api/v1/nodes")).toMatchSnapshot("Node");
    expect(bodies(started, "PATCH", "/api/v1/nodes/hollow-0/status")).toEqual([
      {},
      {
        status: {
          "$setElementOrder/conditions": [
            { type: "MemoryPressure" },
            { type: "DiskPressure" },
            { type: "PIDPressure" },
            { type: "Ready" },
          ],
          conditions: [
            {
              type: "Ready",
              status: "True",
              reason: "KubeletReady",
              message: "kubelet is posting ready status",
            },
          ],
        },
      },
    ]);
    const { metadata } = await bench.client.get(nodes, { name: "hollow-0" });
    const ownerReferences = [
      { apiVersion: "v1", kind: "Node", name: "hollow-0", uid: metadata.uid },
    ];
    expect(bodies(started, "POST", "/apis/storage.k8s.io/v1/csinodes")).toMatchObject([
      {
        metadata: {
          name: "hollow-0",
          annotations: {
            "storage.alpha.kubernetes.io/migrated-plugins":
              "kubernetes.io/aws-ebs,kubernetes.io/azure-disk,kubernetes.io/azure-file,kubernetes.io/cinder,kubernetes.io/gce-pd,kubernetes.io/portworx-volume,kubernetes.io/vsphere-volume",
          },
          ownerReferences,
        },
        spec: { drivers: null },
      },
    ]);
    expect(bodies(started, "POST", "/apis/coordination.k8s.io/v1/")).toMatchObject([
      {
        metadata: { name: "hollow-0", namespace: "kube-node-lease", ownerReferences },
        spec: { holderIdentity: "hollow-0", leaseDurationSeconds: 40 },
      },
    ]);
  });

  test("takes 28 requests in Kubemark 1.31, 17 when all of it is there already", async () => {
    const bench = await createKubeletBench();
    {
      await using first = bench.start();
      await bench.env.clock.advance(11_000);
      expect(first.seen).toHaveLength(28);
    }
    await using again = bench.start();
    await bench.env.clock.advance(9_000);
    expect(again.seen).toHaveLength(17);
    expect(again.kubelet.ready).toBe(true);
  });
});

describe("a Node of somebody else", () => {
  test.each([
    { labels: {}, found: "it has no such label" },
    { labels: { "hollowmark/fleet": "other" }, found: "it is labelled other" },
  ])("stays as it is: $found", async ({ labels, found }) => {
    const bench = await createKubeletBench();
    const metadata = { name: "hollow-0", labels };
    const before = await bench.client.create(nodes, { apiVersion: "v1", kind: "Node", metadata });
    await bench.client.create(leases, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: leaseRef,
      spec: { holderIdentity: "somebody" },
    });
    await using started = bench.start();
    await bench.env.clock.advance(2 * oneMinuteMs);
    expect(started.kubelet.failure).toEqual({
      reason: "NodeNotOurs",
      message: `node "hollow-0" exists and does not belong to this fleet: expected the label hollowmark/fleet=test, ${found}`,
      final: true,
    });
    expect(started.kubelet.state).toBe("starting");
    expect(await bench.client.get(nodes, { name: "hollow-0" })).toEqual(before);
    const lease = await bench.client.get(leases, leaseRef);
    expect(lease.spec?.holderIdentity).toBe("somebody");
    const writes = started.seen.filter(({ request }) => request.method !== "GET");
    expect(writes.map(({ line }) => line)).toEqual(["POST /api/v1/nodes 409"]);
  });
});

describe("a kubelet at rest", () => {
  test("renews its Lease each 10 s and a bit, and posts its status each 5 minutes", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(oneMinuteMs);
    started.lines();
    await bench.env.clock.advance(10 * oneMinuteMs);
    const counts = counted(started.lines());
    const leasePath = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/hollow-0";
    const { [`PUT ${leasePath}?timeout=10s`]: renewals = 0, ...others } = counts;
    expect(renewals).toBeGreaterThanOrEqual(57);
    expect(renewals).toBeLessThanOrEqual(60);
    const { "PATCH /api/v1/nodes/hollow-0/status?timeout=10s": reports, ...rest } = others;
    expect(reports).toBe(2);
    expect(Object.keys(rest).every((line) => line.startsWith("WATCH "))).toBe(true);
    expect(bodies(started, "PATCH", "/api/v1/nodes/hollow-0/status").at(-1)).toMatchObject({
      status: {
        conditions: [
          { type: "MemoryPressure", lastHeartbeatTime: expect.any(String) },
          { type: "DiskPressure", lastHeartbeatTime: expect.any(String) },
          { type: "PIDPressure", lastHeartbeatTime: expect.any(String) },
          { type: "Ready", lastHeartbeatTime: expect.any(String) },
        ],
      },
    });
  });

  test("puts the Lease as it was last answered", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(15_000);
    const made = await bench.client.get(leases, leaseRef);
    await bench.env.clock.advance(10_000);
    const [put] = bodies(started, "PUT", "/apis/coordination.k8s.io/v1/");
    expect(put).toEqual({
      ...made,
      spec: { ...made.spec, renewTime: expect.not.stringContaining(made.spec?.renewTime ?? "") },
    });
  });

  test.each([
    { kubeletVersion: "v1.33.5", earliest: 300, latest: 311 },
    { kubeletVersion: "v1.34.4", earliest: 150, latest: 461 },
  ])("$kubeletVersion reports $earliest to $latest s after it has become Ready", async (row) => {
    const { kubeletVersion } = row;
    const bench = await createKubeletBench();
    const started = Array.from({ length: 12 }, (_, index) =>
      bench.start({ kubeletVersion }, { name: `hollow-${index}` }),
    );
    await bench.env.clock.advance(8 * oneMinuteMs);
    await Promise.all(started.map((kubelet) => kubelet[Symbol.asyncDispose]()));
    const delaysS = started.map(({ seen }) => {
      const patches = seen.filter(({ line }) => line.startsWith("PATCH /api/v1/nodes/"));
      return ((patches[2]?.atMs ?? 0) - (patches[1]?.atMs ?? 0)) / 1_000;
    });
    expect(Math.min(...delaysS)).toBeGreaterThanOrEqual(row.earliest);
    expect(Math.max(...delaysS)).toBeLessThanOrEqual(row.latest);
    expect(Math.max(...delaysS) - Math.min(...delaysS) > 20).toBe(row.earliest < 300);
  });

  test("repairs what the controller manager has declared unknown, at its next look", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(25_000);
    const ref = { name: "hollow-0" };
    const { status } = await bench.client.get(nodes, ref);
    const conditions = status?.conditions?.map(({ type, lastHeartbeatTime }) => ({
      type,
      lastHeartbeatTime,
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    }));
    const body = { status: { conditions } };
    const type = "application/strategic-merge-patch+json";
    await bench.client.patch(nodes, ref, type, body, { subresource: "status" });
    await bench.env.clock.advance(1_000);
    expect(started.kubelet.ready).toBe(false);
    await bench.env.clock.advance(10_400);
    expect(started.kubelet.ready).toBe(true);
    const repaired = await bench.client.get(nodes, ref);
    expect(repaired.status?.conditions?.map(({ reason }) => reason)).toEqual([
      "KubeletHasSufficientMemory",
      "KubeletHasNoDiskPressure",
      "KubeletHasSufficientPID",
      "KubeletReady",
    ]);
  });

  test("gives what somebody adds to its capacity to pods, and posts when it is given a range", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(20_000);
    started.lines();
    const ref = { name: "hollow-0" };
    const type = "application/strategic-merge-patch+json";
    const body = { status: { capacity: { "example.com/dongle": "4" } } };
    await bench.client.patch(nodes, ref, type, body, { subresource: "status" });
    await bench.env.clock.advance(10_400);
    const { status } = await bench.client.get(nodes, ref);
    expect(status?.allocatable).toMatchObject({ cpu: "1", "example.com/dongle": "4" });
    const range = { spec: { podCIDR: "10.9.0.0/24", podCIDRs: ["10.9.0.0/24"] } };
    await bench.client.patch(nodes, ref, type, range);
    await bench.env.clock.advance(10_400);
    const patches = started.lines().filter((line) => line.startsWith("PATCH"));
    expect(patches).toHaveLength(2);
  });
});

describe("a Node that was deleted", () => {
  test.each([
    { kubeletVersion: "v1.30.4", reads: ["?resourceVersion=0&timeout=10s", 1] as const },
    { kubeletVersion: "v1.31.14", reads: undefined },
  ])("is looked for by Kubemark $kubeletVersion, and never made again", async (row) => {
    const bench = await createKubeletBench();
    await using started = bench.start({ kubeletVersion: row.kubeletVersion });
    await bench.env.clock.advance(20_000);
    await bench.client.delete(nodes, { name: "hollow-0" });
    await bench.env.clock.advance(1_000);
    expect(started.kubelet.state).toBe("deleted");
    started.lines();
    await bench.env.clock.advance(10_200);
    const counts = counted(started.lines());
    const path = "/api/v1/nodes/hollow-0";
    expect(counts[`GET ${path}?timeout=10s 404`]).toBe(4);
    if (row.reads !== undefined) {
      expect(counts[`GET ${path}${row.reads[0]} 404`]).toBe(row.reads[1]);
    }
    // The Lease lives on until somebody collects it.
    const lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/hollow-0";
    expect(counts[`PUT ${lease}?timeout=10s`]).toBe(1);
    expect(Object.keys(counts).filter((line) => line.startsWith("POST"))).toEqual([]);
  });

  test("and whose Lease is gone gets a Lease again, as a PUT makes one", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(20_000);
    await deleteNode(bench.client);
    started.lines();
    await bench.env.clock.advance(10_400);
    const lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/hollow-0";
    const lines = started.lines();
    expect(lines.filter((line) => line.includes(lease))).toEqual([`PUT ${lease}?timeout=10s 201`]);
  });

  test("is registered again where the switch Reregister is on", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start({ switches: { Reregister: true } });
    await bench.env.clock.advance(20_000);
    await deleteNode(bench.client);
    await bench.env.clock.advance(25_000);
    expect(started.kubelet).toMatchObject({ state: "registered", ready: true });
    expect(started.observed).toContain("reregistered");
    const { metadata } = await bench.client.get(nodes, { name: "hollow-0" });
    const owners = { metadata: { ownerReferences: [{ uid: metadata.uid }] } };
    expect(await bench.client.get(leases, leaseRef)).toMatchObject(owners);
    expect(await bench.client.get(csiNodes, { name: "hollow-0" })).toMatchObject(owners);
  });
});
