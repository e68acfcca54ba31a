import fc from "fast-check";
import { expect, test } from "vitest";
import { testCluster, testNode, testPod } from "./cluster.fixture.ts";
import type { ClusterState } from "./cluster-state.ts";
import { everywhere } from "./pod-counts.ts";

const isWeb = {
  key: "web",
  scope: everywhere,
  matches: (pod: { labels: Readonly<Record<string, string>> | undefined }) =>
    pod.labels?.["app"] === "web",
};

/** What the columns say of a node. */
function cells(cluster: ClusterState, name: string) {
  const row = cluster.nodes.rowOf(name);
  if (row === undefined) return undefined;
  return {
    pods: cluster.nodes.podCounts[row],
    cpu: cluster.nodes.resource("cpu")?.requested[row],
    ports: cluster.nodes.hostPortsAt(row).length,
    web: cluster.countPods(isWeb)[row],
  };
}

const pod = testPod("p", { requests: { cpu: "250m" }, labels: { app: "web" } });
const empty = { pods: 0, cpu: 0, ports: 0, web: 0 };
const taken = { pods: 1, cpu: 250, ports: 0, web: 1 };

test("a pod may be seen before its node", () => {
  const cluster = testCluster([testNode("other", { allocatable: { cpu: "1" } })], { a: [pod] });
  expect(cells(cluster, "a")).toBeUndefined();
  cluster.setNode(testNode("a"));
  expect(cells(cluster, "a")).toEqual(taken);
});

test("a node that comes back finds its pods, in whatever row", () => {
  const cluster = testCluster([testNode("a"), testNode("b")], { a: [pod] });
  cluster.removeNode("a");
  cluster.removeNode("b");
  cluster.setNode(testNode("c"));
  expect(cells(cluster, "c")).toEqual(empty);
  cluster.setNode(testNode("a"));
  expect(cells(cluster, "a")).toEqual(taken);
});

test("a pod is on one node at a time", () => {
  const cluster = testCluster([testNode("a"), testNode("b")], { a: [pod] });
  cluster.place(cluster.podInfo(pod), "b");
  expect(cells(cluster, "a")).toEqual(empty);
  expect(cells(cluster, "b")).toEqual(taken);
  expect(cluster.displace("pod-default-p")).toBe(true);
  expect(cluster.displace("pod-default-p")).toBe(false);
  expect(cells(cluster, "b")).toEqual(empty);
});

test("the table grows with its nodes, and nothing is lost", () => {
  const cluster = testCluster([testNode("a")], { a: [pod] });
  expect(cells(cluster, "a")).toEqual(taken);
  for (let index = 0; index < 1_000; index += 1) cluster.setNode(testNode(`n${index}`));
  cluster.place(cluster.podInfo(testPod("q", { labels: { app: "web" } })), "n999");
  expect(cells(cluster, "a")).toEqual(taken);
  expect(cells(cluster, "n999")).toEqual({ ...empty, pods: 1, web: 1 });
  expect(cluster.nodes.order()).toHaveLength(1_001);
});

test.each([
  { name: "a heartbeat", change: {}, kind: "none" },
  { name: "another label", change: { labels: { zone: "b" } }, kind: "relevant" },
  { name: "cordoning", change: { unschedulable: true }, kind: "relevant" },
  { name: "more cpu", change: { allocatable: { cpu: "8" } }, kind: "relevant" },
  {
    name: "a taint",
    change: { taints: [{ key: "x", effect: "NoSchedule" as const }] },
    kind: "relevant",
  },
])("$name is $kind", ({ change, kind }) => {
  const cluster = testCluster([testNode("a")]);
  expect(cluster.setNode(testNode("a", change))).toBe(kind);
});

test("nodes are visited zone by zone in turns", () => {
  const zone = "topology.kubernetes.io/zone";
  const cluster = testCluster([
    testNode("a1", { labels: { [zone]: "a" } }),
    testNode("a2", { labels: { [zone]: "a" } }),
    testNode("a3", { labels: { [zone]: "a" } }),
    testNode("b1", { labels: { [zone]: "b" } }),
  ]);
  const names = [...cluster.nodes.order()].map((row) => cluster.nodes.nodeAt(row).metadata.name);
  expect(names).toEqual(["a1", "b1", "a2", "a3"]);
});

test("the Services of a pod are found by their selectors", () => {
  const cluster = testCluster([]);
  const service = (name: string, selector: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...pod.metadata, name },
    spec: { selector },
  });
  const info = cluster.podInfo(pod);
  cluster.setService(service("all", {}));
  cluster.setService(service("other", { app: "api" }));
  expect(cluster.serviceLabels(info)).toBeUndefined();
  cluster.setService(service("web", { app: "web" }));
  expect(cluster.serviceLabels(info)).toEqual({ app: "web" });
  cluster.removeService(service("web", {}));
  expect(cluster.serviceLabels(info)).toBeUndefined();
});

const nodeNames = ["a", "b", "c"];
const command = fc.oneof(
  fc.record({ do: fc.constant("setNode" as const), node: fc.constantFrom(...nodeNames) }),
  fc.record({ do: fc.constant("removeNode" as const), node: fc.constantFrom(...nodeNames) }),
  fc.record({
    do: fc.constant("place" as const),
    node: fc.constantFrom(...nodeNames),
    pod: fc.nat({ max: 5 }),
  }),
  fc.record({
    do: fc.constant("displace" as const),
    node: fc.constant(""),
    pod: fc.nat({ max: 5 }),
  }),
);

test("kept up to date step by step, the columns say what they would say counted anew", () => {
  const pods = Array.from({ length: 6 }, (_, index) =>
    testPod(`p${index}`, {
      labels: { app: index % 2 === 0 ? "web" : "api" },
      containers: [
        {
          name: "c",
          image: "i",
          resources: { requests: { cpu: `${index * 100}m` } },
          ports: [{ containerPort: 80, hostPort: 80 + index }],
        },
      ],
    }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const cluster = testCluster([]);
      const nodes = new Set<string>();
      const places = new Map<number, string>();
      for (const step of commands) {
        if (step.do === "setNode") cluster.setNode(testNode(step.node));
        if (step.do === "setNode") nodes.add(step.node);
        if (step.do === "removeNode") cluster.removeNode(step.node);
        if (step.do === "removeNode") nodes.delete(step.node);
        const target = step.do === "place" || step.do === "displace" ? pods[step.pod] : undefined;
        if (target === undefined || !("pod" in step)) continue;
        if (step.do === "place") cluster.place(cluster.podInfo(target), step.node);
        else cluster.displace(target.metadata.uid);
        if (step.do === "place") places.set(step.pod, step.node);
        else places.delete(step.pod);
        cluster.countPods(isWeb);
      }
      const anew = testCluster([...nodes].map((name) => testNode(name)));
      for (const [index, node] of places) {
        const target = pods[index];
        if (target !== undefined) anew.place(anew.podInfo(target), node);
      }
      for (const name of nodeNames) expect(cells(cluster, name)).toEqual(cells(anew, name));
    }),
  );
});
