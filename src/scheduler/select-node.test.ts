import { describe, expect, test } from "vitest";
import { createRandom } from "../base/random.ts";
import type { Node, Pod } from "../k8s/types/core.ts";
import { testCluster, testNode, testPod } from "./cluster.fixture.ts";
import { feasibleNodesToFind, selectNode } from "./select-node.ts";

interface Row {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly placed?: Readonly<Record<string, readonly Pod[]>>;
  readonly pod: Pod;
}

/** Where the pod goes: the name of a node, or what is wrong with all of them. */
function decide({ nodes, placed, pod }: Row, seed = 1): string {
  const cluster = testCluster(nodes, placed);
  const options = { startAt: 0, percentageOfNodesToScore: 0 };
  const selection = selectNode(cluster.podInfo(pod), cluster, options, createRandom(seed));
  if (selection.kind === "node") return selection.name;
  return selection.error.message.split(" no new claims")[0] ?? "";
}

const zones = [
  testNode("a1", { labels: { zone: "a" } }),
  testNode("a2", { labels: { zone: "a" } }),
  testNode("b1", { labels: { zone: "b" } }),
];
const web = { labels: { app: "web" } };
const webSelector = { matchLabels: { app: "web" } };
const sameZone = { topologyKey: "zone", labelSelector: webSelector };
const awayFromWeb = {
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [sameZone] },
};
const closeToWeb = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [sameZone] } };
const evenly = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule" as const,
      labelSelector: webSelector,
    },
  ],
};
const hostPort = {
  containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, hostPort: 80 }] }],
};

describe("the only node that will do", () => {
  const rows: readonly (Row & { readonly goesTo: string })[] = [
    {
      name: "has enough cpu",
      nodes: [testNode("a", { allocatable: { cpu: "500m" } }), testNode("b")],
      pod: testPod("p", { requests: { cpu: "1" } }),
      goesTo: "b",
    },
    {
      name: "has enough left",
      nodes: [testNode("a"), testNode("b")],
      placed: { a: [testPod("big", { requests: { cpu: "3500m" } })] },
      pod: testPod("p", { requests: { cpu: "1" } }),
      goesTo: "b",
    },
    {
      name: "has the extended resource",
      nodes: [testNode("a"), testNode("b", { allocatable: { "nvidia.com/gpu": "1" } })],
      pod: testPod("p", { requests: { "nvidia.com/gpu": "1" } }),
      goesTo: "b",
    },
    {
      name: "is not cordoned",
      nodes: [testNode("a", { unschedulable: true }), testNode("b")],
      pod: testPod("p"),
      goesTo: "b",
    },
    {
      name: "has no taint that is not tolerated",
      nodes: [
        testNode("a", { taints: [{ key: "x", effect: "NoSchedule" }] }),
        testNode("b", { taints: [{ key: "y", effect: "NoExecute" }] }),
      ],
      pod: testPod("p", { tolerations: [{ key: "y", operator: "Exists" }] }),
      goesTo: "b",
    },
    {
      name: "matches the node selector",
      nodes: zones,
      pod: testPod("p", { nodeSelector: { zone: "b" } }),
      goesTo: "b1",
    },
    {
      name: "is the one named by the affinity of a DaemonSet's pod",
      nodes: zones,
      pod: testPod("p", {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchFields: [{ key: "metadata.name", operator: "In", values: ["a2"] }] },
              ],
            },
          },
        },
      }),
      goesTo: "a2",
    },
    {
      name: "has the host port free",
      nodes: [testNode("a"), testNode("b")],
      placed: { a: [testPod("q", hostPort)] },
      pod: testPod("p", hostPort),
      goesTo: "b",
    },
    {
      name: "is in another zone than the pods it keeps away from",
      nodes: zones,
      placed: { a1: [testPod("q", web)] },
      pod: testPod("p", { affinity: awayFromWeb }),
      goesTo: "b1",
    },
    {
      name: "is in another zone than pods that keep away from it",
      nodes: zones,
      placed: { a1: [testPod("q", { affinity: awayFromWeb })] },
      pod: testPod("p", web),
      goesTo: "b1",
    },
    {
      name: "is in the zone of the pods it wants to be with",
      nodes: zones,
      placed: { b1: [testPod("q", web)] },
      pod: testPod("p", { affinity: closeToWeb }),
      goesTo: "b1",
    },
    {
      name: "keeps the spread even",
      nodes: zones,
      placed: { a1: [testPod("q", web)] },
      pod: testPod("p", { ...web, ...evenly }),
      goesTo: "b1",
    },
  ];
  test.each(rows)("$name", ({ goesTo, ...row }) => {
    expect(decide(row)).toBe(goesTo);
  });
});

describe("a pod stays without a node", () => {
  const rows: readonly (Row & { readonly message: string })[] = [
    {
      name: "when there is no node",
      nodes: [],
      pod: testPod("p"),
      message: "no nodes available to schedule pods",
    },
    {
      name: "for various reasons, counted and sorted as texts",
      nodes: [
        testNode("a", { allocatable: { cpu: "500m", pods: "0" } }),
        testNode("b", { taints: [{ key: "x", value: "y", effect: "NoSchedule" }] }),
        testNode("c", { unschedulable: true }),
      ],
      pod: testPod("p", { requests: { cpu: "1" } }),
      message:
        "0/3 nodes are available: 1 Insufficient cpu, 1 Too many pods, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.",
    },
    {
      name: "when the node that it names is gone",
      nodes: zones,
      pod: testPod("p", {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchFields: [{ key: "metadata.name", operator: "In", values: ["gone"] }] },
              ],
            },
          },
        },
      }),
      message: "0/3 nodes are available: 3 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    },
    {
      name: "when nobody is there whom it wants to be with",
      nodes: zones,
      pod: testPod("p", { affinity: closeToWeb }),
      message: "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.",
    },
    {
      name: "when the topology has no label for the spread",
      nodes: [testNode("a")],
      pod: testPod("p", { ...web, ...evenly }),
      message:
        "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).",
    },
    {
      name: "when it keeps away from pods that are everywhere",
      nodes: zones,
      placed: { a1: [testPod("q", web)], b1: [testPod("r", web)] },
      pod: testPod("p", { affinity: awayFromWeb }),
      message: "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
    },
  ];
  test.each(rows)("$name", ({ message, ...row }) => {
    expect(decide(row)).toBe(message);
  });
});

test("preemption is said to help nobody, and why", () => {
  const cluster = testCluster(
    [testNode("a"), testNode("b"), testNode("c", { unschedulable: true })],
    { a: [testPod("q", { requests: { cpu: "4" } })] },
  );
  const failure = (pod: Pod) => {
    const options = { startAt: 0, percentageOfNodesToScore: 0 };
    const selection = selectNode(cluster.podInfo(pod), cluster, options, createRandom(1));
    return selection.kind === "none" ? selection.error : undefined;
  };
  const big = testPod("p", { requests: { cpu: "4500m" } });
  expect(failure(big)?.message).toBe(
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  );
  expect([...(failure(big)?.plugins ?? [])].sort()).toEqual([
    "NodeResourcesFit",
    "NodeUnschedulable",
  ]);
  cluster.place(cluster.podInfo(testPod("r", { requests: { cpu: "4" } })), "b");
  expect(failure(testPod("p", { requests: { cpu: "1" } }))?.message).toContain(
    "preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
  );
  expect(
    failure(testPod("p", { requests: { cpu: "1" }, preemptionPolicy: "Never" }))?.message,
  ).toContain("preemption: not eligible due to preemptionPolicy=Never.");
});

describe("of several nodes the pod goes to", () => {
  const rows: readonly (Row & { readonly goesTo: string })[] = [
    {
      name: "the emptier one",
      nodes: [testNode("a"), testNode("b")],
      placed: { a: [testPod("q", { requests: { cpu: "1", memory: "1Gi" } })] },
      pod: testPod("p", { requests: { cpu: "1", memory: "1Gi" } }),
      goesTo: "b",
    },
    {
      name: "one without replicas of its own controller, though it is fuller",
      nodes: [testNode("a"), testNode("b")],
      placed: {
        a: [testPod("q", { replicasOf: "rs-1" })],
        b: [testPod("r", { requests: { cpu: "500m" } })],
      },
      pod: testPod("p", { replicasOf: "rs-1" }),
      goesTo: "b",
    },
    {
      name: "one whose soft taints it tolerates",
      nodes: [testNode("a", { taints: [{ key: "x", effect: "PreferNoSchedule" }] }), testNode("b")],
      placed: { b: [testPod("q", { requests: { cpu: "1" } })] },
      pod: testPod("p"),
      goesTo: "b",
    },
    {
      name: "one that its node affinity prefers",
      nodes: zones,
      pod: testPod("p", {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 10,
                preference: { matchExpressions: [{ key: "zone", operator: "In", values: ["b"] }] },
              },
            ],
          },
        },
      }),
      goesTo: "b1",
    },
    {
      name: "the zone of pods that it likes",
      nodes: zones,
      placed: { b1: [testPod("q", web)] },
      pod: testPod("p", {
        affinity: {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 100, podAffinityTerm: sameZone },
            ],
          },
        },
      }),
      goesTo: "b1",
    },
    {
      name: "another zone than pods that dislike it",
      nodes: zones,
      placed: {
        a1: [
          testPod("q", {
            affinity: {
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  { weight: 100, podAffinityTerm: sameZone },
                ],
              },
            },
          }),
        ],
      },
      pod: testPod("p", web),
      goesTo: "b1",
    },
    {
      name: "the zone with fewer of its kind, when it says so softly",
      nodes: zones,
      placed: { a1: [testPod("q", web)], a2: [testPod("r", web)] },
      pod: testPod("p", {
        ...web,
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "zone",
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: webSelector,
          },
        ],
      }),
      goesTo: "b1",
    },
  ];
  test.each(rows)("$name", ({ goesTo, ...row }) => {
    // Whatever chance says.
    const places = [1, 2, 3, 4, 5].map((seed) => decide(row, seed));
    expect(new Set(places)).toEqual(new Set([goesTo]));
  });
});

test("the first of pods that want to be together may go anywhere", () => {
  const pod = testPod("p", { ...web, affinity: closeToWeb });
  expect(decide({ name: "", nodes: zones, pod })).toMatch(/^[ab]\d$/);
});

test("chance decides between equals", () => {
  const row = { name: "", nodes: [testNode("a"), testNode("b"), testNode("c")], pod: testPod("p") };
  const places = Array.from({ length: 30 }, (_, seed) => decide(row, seed));
  expect(new Set(places).size).toBe(3);
});

test.each([
  { nodes: 50, percentage: 0, found: 50 },
  { nodes: 100, percentage: 0, found: 100 },
  { nodes: 1_000, percentage: 0, found: 420 },
  { nodes: 5_000, percentage: 0, found: 500 },
  { nodes: 10_000, percentage: 0, found: 500 },
  { nodes: 1_000, percentage: 100, found: 1_000 },
  { nodes: 1_000, percentage: 5, found: 100 },
])("of $nodes nodes, $found are enough at $percentage %", ({ nodes, percentage, found }) => {
  expect(feasibleNodesToFind(nodes, percentage)).toBe(found);
});

test("each search goes on where the last one stopped", () => {
  const cluster = testCluster(Array.from({ length: 300 }, (_, index) => testNode(`n${index}`)));
  const options = { startAt: 250, percentageOfNodesToScore: 50 };
  const pod = cluster.podInfo(testPod("p"));
  expect(selectNode(pod, cluster, options, createRandom(1)).nextStartAt).toBe(400);
});
