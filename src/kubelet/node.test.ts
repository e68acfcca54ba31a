import { describe, expect, test } from "vitest";
import { createApiServer } from "../apiserver/index.ts";
import { createTestEnv } from "../base/test-env.ts";
import { createClient } from "../client/index.ts";
import { leases, nodes } from "../k8s/resources.ts";
import { createNodeLease } from "./node-lease.ts";
import { nodeObject, readyStatus } from "./node-object.ts";
import { ensureCsiNode, registerNode } from "./node-registration.ts";
import { createNodeTemplate, type NodeIdentity } from "./node-template.ts";
import { kubeletHabits } from "./profiles/kubelet-habits.ts";

const node: NodeIdentity = {
  name: "hollow-0",
  ip: "198.18.0.1",
  template: createNodeTemplate({
    fleet: "test",
    labels: { team: "x" },
    taints: [{ key: "only", effect: "NoSchedule" }],
    capacity: { cpu: "4", memory: "8Gi", pods: "10" },
    kubeletVersion: "v1.31.1",
  }),
};
const ref = { namespace: "kube-node-lease", name: "hollow-0" };

function createTestServer() {
  const env = createTestEnv();
  const server = createApiServer({}, env);
  const requests: string[] = [];
  const user = { name: "admin", groups: ["system:masters"] };
  const client = createClient({
    user,
    transport: (request) => {
      requests.push(request.method);
      return server.handle(request);
    },
  });
  const { signal } = new AbortController();
  return { env, client, requests, signal };
}

test("the Node says what a kubelet says", () => {
  const { env } = createTestServer();
  const habits = node.template.habits.node;
  const status = readyStatus(node, habits, env.random.stream("n"), env.clock.nowMs());
  const object = nodeObject(node, habits, status);
  expect(object).toMatchObject({
    metadata: {
      name: "hollow-0",
      labels: {
        "kubernetes.io/hostname": "hollow-0",
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "hollow-node": "true",
        "hollowmark/fleet": "test",
        team: "x",
      },
    },
    spec: { providerID: "hollowmark://hollow-0", taints: [{ key: "only", effect: "NoSchedule" }] },
    status: {
      capacity: { cpu: "4", memory: "8Gi", pods: "10" },
      allocatable: { cpu: "4", memory: "8Gi", pods: "10" },
      addresses: [
        { type: "InternalIP", address: "198.18.0.1" },
        { type: "Hostname", address: "hollow-0" },
      ],
      nodeInfo: { kubeletVersion: "v1.31.1", kubeProxyVersion: "v1.31.1" },
    },
  });
  const said = object.status?.conditions?.map(
    ({ type, status, reason }) => `${type}=${status} ${reason}`,
  );
  expect(said).toEqual([
    "MemoryPressure=False KubeletHasSufficientMemory",
    "DiskPressure=False KubeletHasNoDiskPressure",
    "PIDPressure=False KubeletHasSufficientPID",
    "Ready=True KubeletReady",
  ]);
});

test("kubelets of 1.33 and later leave the version of the proxy empty", () => {
  const { env } = createTestServer();
  const { habits } = kubeletHabits({ profile: "light", kubeletVersion: "v1.33.1" });
  const status = readyStatus(node, habits.node, env.random.stream("n"), 0);
  expect(status.nodeInfo?.kubeProxyVersion).toBe("");
});

describe("registration", () => {
  test("takes one request", async () => {
    const { env, client, requests, signal } = createTestServer();
    const registration = await registerNode(node, undefined, client, env, signal);
    expect(registration.kind).toBe("created");
    expect(requests).toEqual(["POST"]);
  });

  test("adopts a Node of the same fleet and keeps what others have made of it", async () => {
    const { env, client, signal } = createTestServer();
    const first = await registerNode(node, undefined, client, env, signal);
    const labels = { team: "y" };
    await client.patch(nodes, { name: "hollow-0" }, "application/merge-patch+json", {
      metadata: { labels },
      spec: { unschedulable: true },
    });
    const template = createNodeTemplate({ ...node.template, capacity: { cpu: "64", pods: "10" } });
    const second = await registerNode({ ...node, template }, undefined, client, env, signal);
    expect(second.kind).toBe("adopted");
    const found = await client.get(nodes, { name: "hollow-0" });
    expect(found.metadata.uid).toBe(first.kind === "created" ? first.node.metadata.uid : "");
    expect(found).toMatchObject({
      metadata: { labels },
      spec: { unschedulable: true },
      status: { capacity: { cpu: "64" } },
    });
  });

  test.each([
    { labels: {}, found: "it has no such label" },
    { labels: { "hollowmark/fleet": "other" }, found: "it is labelled other" },
  ])("leaves a Node of others alone: $found", async ({ labels, found }) => {
    const { env, client, signal } = createTestServer();
    await client.create(nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "hollow-0", labels },
    });
    const before = await client.get(nodes, { name: "hollow-0" });
    expect(await registerNode(node, undefined, client, env, signal)).toEqual({
      kind: "foreign",
      message: `node "hollow-0" exists and does not belong to this fleet: expected the label hollowmark/fleet=test, ${found}`,
    });
    expect(await client.get(nodes, { name: "hollow-0" })).toEqual(before);
  });

  test("takes a CSINode that is there already for its own", async () => {
    const { client, signal } = createTestServer();
    await ensureCsiNode(node, "uid", client, signal);
    await ensureCsiNode(node, "uid", client, signal);
  });
});

describe("a Lease", () => {
  test("is made once and then renewed with one PUT each time", async () => {
    const { env, client, requests, signal } = createTestServer();
    const lease = createNodeLease(node, "uid");
    for (let count = 0; count < 3; count += 1) {
      await env.clock.advance(10_000);
      expect(await lease.renew(client, env.clock.nowMs(), signal)).toEqual({ kind: "renewed" });
    }
    expect(requests).toEqual(["POST", "PUT", "PUT"]);
    expect(await client.get(leases, ref)).toMatchObject({
      metadata: { labels: { "hollowmark/fleet": "test" }, ownerReferences: [{ uid: "uid" }] },
      spec: {
        holderIdentity: "hollow-0",
        leaseDurationSeconds: 40,
        renewTime: "2026-01-01T00:00:30.000000Z",
      },
    });
  });

  test("that an earlier run has left, or somebody has changed, is taken over", async () => {
    const { client, requests, signal } = createTestServer();
    await createNodeLease(node, "old").renew(client, 0, signal);
    const lease = createNodeLease(node, "new");
    requests.length = 0;
    await lease.renew(client, 0, signal);
    await client.patch(leases, ref, "application/merge-patch+json", {
      metadata: { labels: { a: "b" } },
    });
    await lease.renew(client, 0, signal);
    expect(requests).toEqual(["POST", "GET", "PUT", "PATCH", "PUT", "GET", "PUT"]);
    const found = await client.get(leases, ref);
    expect(found.metadata.ownerReferences?.[0]?.uid).toBe("new");
  });

  test("that was deleted is made again", async () => {
    const { client, signal } = createTestServer();
    const lease = createNodeLease(node, "uid");
    await lease.renew(client, 0, signal);
    await client.delete(leases, ref);
    expect(await lease.renew(client, 0, signal)).toEqual({ kind: "renewed" });
    expect(await lease.renew(client, 0, signal)).toEqual({ kind: "renewed" });
  });
});
