import { describe, expect, test } from "vitest";
import { nodes, pods } from "../k8s/resources.ts";
import type { Pod } from "../k8s/types/core.ts";
import { createTestCluster } from "./fleet.fixture.ts";

const ref = (name: string) => ({ namespace: "default", name });

/** `Pending ContainerCreating`, `Running Ready 10.0.0.2`. */
function shape({ status }: Pod): string {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting?.reason;
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  return [status?.phase, waiting, ready ? "Ready" : undefined, status?.reason]
    .filter((word) => word !== undefined)
    .join(" ");
}

describe("a pod of a fleet", () => {
  test("goes from binding to gone, with two patches, one more and a deletion", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    cluster.requests.length = 0;
    await cluster.createPod("web");
    await cluster.env.clock.advance(50);
    expect(shape(await cluster.pod("web"))).toBe("Pending ContainerCreating");
    await cluster.env.clock.advance(1_000);
    expect(shape(await cluster.pod("web"))).toBe("Running Ready");
    await cluster.client.delete(pods, ref("web"));
    await cluster.env.clock.advance(1_000);
    await expect(cluster.pod("web")).rejects.toMatchObject({ code: 404 });
    expect(cluster.requests.filter((request) => request.includes("/pods/"))).toEqual([
      "PATCH /api/v1/namespaces/default/pods/web/status",
      "PATCH /api/v1/namespaces/default/pods/web/status",
      "PATCH /api/v1/namespaces/default/pods/web/status",
      "DELETE /api/v1/namespaces/default/pods/web",
    ]);
    expect(fleet.status().pods).toMatchObject({ Pending: 0, Running: 0, Succeeded: 0 });
    await cluster.stop(fleet);
  });

  test("that is deleted by force is simply dropped", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    await cluster.createPod("web");
    await cluster.env.clock.advance(1_000);
    cluster.requests.length = 0;
    await cluster.client.delete(pods, ref("web"), { gracePeriodSeconds: 0 });
    await cluster.env.clock.advance(1_000);
    expect(cluster.requests.filter((request) => request.includes("/pods/"))).toEqual([]);
    expect(fleet.status().pods).toMatchObject({ Running: 0 });
    await cluster.stop(fleet);
  });

  test("is refused where there is no room for it, until others have ended", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start({ groups: [{ count: 1, capacity: { cpu: "1" } }] });
    const containers = [{ name: "c", image: "nginx", resources: { requests: { cpu: "600m" } } }];
    await cluster.createPod("one", { containers });
    await cluster.env.clock.advance(1_000);
    await cluster.createPod("two", { containers });
    await cluster.env.clock.advance(1_000);
    expect((await cluster.pod("two")).status).toMatchObject({
      phase: "Failed",
      reason: "OutOfcpu",
      message:
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 600, used: 600, capacity: 1000",
    });
    await cluster.client.delete(pods, ref("one"));
    await cluster.env.clock.advance(1_000);
    await cluster.createPod("three", { containers });
    await cluster.env.clock.advance(1_000);
    expect(shape(await cluster.pod("three"))).toBe("Running Ready");
    await cluster.stop(fleet);
  });

  test("has an address of its own from the node's podCIDR, or its node's", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    const patch = { spec: { podCIDR: "10.77.1.0/24", podCIDRs: ["10.77.1.0/24"] } };
    await cluster.client.patch(nodes, { name: "hollow-0" }, "application/merge-patch+json", patch);
    await cluster.env.clock.advance(10);
    await cluster.createPod("one");
    await cluster.createPod("two");
    await cluster.createPod("host", { hostNetwork: true });
    await cluster.createPod("elsewhere", { nodeName: "hollow-1" });
    await cluster.env.clock.advance(1_000);
    const ips = await Promise.all(
      ["one", "two", "host", "elsewhere"].map(
        async (name) => (await cluster.pod(name)).status?.podIP,
      ),
    );
    expect(ips.slice(0, 2).sort()).toEqual(["10.77.1.2", "10.77.1.3"]);
    const host = await cluster.client.get(nodes, { name: "hollow-0" });
    expect(ips[2]).toBe(host.status?.addresses?.[0]?.address);
    expect(new Set(ips).size).toBe(4);
    await cluster.stop(fleet);
  });

  test("runs on when its fleet comes back, under the address it had", async () => {
    const cluster = await createTestCluster();
    const first = await cluster.start();
    await cluster.createPod("web");
    await cluster.env.clock.advance(1_000);
    await cluster.stop(first, "keep");
    const before = await cluster.pod("web");
    // What the node lifecycle controller does to pods of a node that is silent.
    await cluster.client.patch(
      pods,
      ref("web"),
      "application/strategic-merge-patch+json",
      { status: { conditions: [{ type: "Ready", status: "False" }] } },
      { subresource: "status" },
    );
    const second = await cluster.start();
    await cluster.createPod("next");
    await cluster.env.clock.advance(1_000);
    const after = await cluster.pod("web");
    expect(after.status?.podIP).toBe(before.status?.podIP);
    expect(after.status?.containerStatuses).toEqual(before.status?.containerStatuses);
    expect(shape(after)).toBe("Running Ready");
    expect((await cluster.pod("next")).status?.podIP).not.toBe(before.status?.podIP);
    await cluster.stop(second);
  });

  test("that was declared not ready is ready again at once", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    await cluster.createPod("web");
    await cluster.env.clock.advance(1_000);
    const conditions = [{ type: "Ready", status: "False", reason: "NodeNotReady" }];
    await cluster.client.patch(
      pods,
      ref("web"),
      "application/strategic-merge-patch+json",
      { status: { conditions } },
      { subresource: "status" },
    );
    await cluster.env.clock.advance(100);
    expect(shape(await cluster.pod("web"))).toBe("Running Ready");
    const ready = (await cluster.pod("web")).status?.conditions?.find(
      ({ type }) => type === "Ready",
    );
    expect(ready).not.toHaveProperty("reason");
    await cluster.stop(fleet);
  });

  test("of another node is nothing to the fleet", async () => {
    const cluster = await createTestCluster();
    const fleet = await cluster.start();
    const foreign = { apiVersion: "v1", kind: "Node", metadata: { name: "worker" } };
    await cluster.client.create(nodes, foreign);
    await cluster.createPod("web", { nodeName: "worker" });
    await cluster.env.clock.advance(5_000);
    expect(shape(await cluster.pod("web"))).toBe("Pending");
    await cluster.stop(fleet);
  });
});
