import { expect, test } from "vitest";
import type { Node, Pod } from "../../k8s/types/core.ts";
import { testCluster, testNode, testPod } from "../cluster.fixture.ts";
import { nodeAffinityPreference, taintPreference } from "./preferences.ts";
import { balancedAllocation, leastAllocated } from "./resources.ts";
import type { Score } from "./score.ts";
import { topologySpread } from "./topology-spread.ts";

interface Row {
  readonly name: string;
  readonly score: Score;
  readonly nodes: readonly Node[];
  readonly placed?: Readonly<Record<string, readonly Pod[]>>;
  readonly pod: Pod;
  /** In the order of the nodes; undefined when the score has nothing to say. */
  readonly scores: readonly number[] | undefined;
}

function scoresOf({ score, nodes, placed, pod }: Row): readonly number[] | undefined {
  const cluster = testCluster(nodes, placed);
  const rows = Int32Array.from(nodes, ({ metadata }) => cluster.nodes.rowOf(metadata.name) ?? -1);
  const prepared = score.prepare(cluster.podInfo(pod), cluster, rows);
  if (prepared === undefined) return undefined;
  const scores = Float64Array.from(rows, (row) => prepared.scoreOf(row));
  prepared.normalize?.(scores);
  return [...scores];
}

const zone = "topology.kubernetes.io/zone";
const node = (name: string, cpu = "4", memory = "8Gi"): Node =>
  testNode(name, { allocatable: { cpu, memory } });
const inZone = (name: string, value: string): Node => testNode(name, { labels: { [zone]: value } });
const replica = (name: string): Pod => testPod(name, { replicasOf: "rs" });

const rows: readonly Row[] = [
  {
    name: "least allocated: the mean of what is left of cpu and memory",
    score: leastAllocated,
    nodes: [node("a"), node("b")],
    placed: { a: [testPod("q", { requests: { cpu: "1", memory: "2Gi" } })] },
    pod: testPod("p", { requests: { cpu: "1", memory: "2Gi" } }),
    scores: [50, 75],
  },
  {
    name: "least allocated: a pod that asks for nothing counts as 100m and 200Mi",
    score: leastAllocated,
    nodes: [node("a", "1", "400Mi")],
    pod: testPod("p"),
    scores: [70],
  },
  {
    name: "least allocated: nothing for what would not fit",
    score: leastAllocated,
    nodes: [node("a", "1", "8Gi")],
    pod: testPod("p", { requests: { cpu: "2", memory: "4Gi" } }),
    scores: [25],
  },
  {
    name: "balanced: half of the distance between the two shares is lost",
    score: balancedAllocation,
    nodes: [node("a"), node("b", "2", "8Gi")],
    pod: testPod("p", { requests: { cpu: "2", memory: "4Gi" } }),
    scores: [100, 75],
  },
  {
    name: "balanced: has nothing to say of pods without requests",
    score: balancedAllocation,
    nodes: [node("a")],
    pod: testPod("p"),
    scores: undefined,
  },
  {
    name: "spread: the fewer of its kind the better",
    score: topologySpread,
    nodes: [node("a"), node("b"), node("c")],
    // 2 and 1 pods of weight ln 5, and maxSkew - 1 = 2: raw 5, 4 and 2.
    placed: { a: [replica("q1"), replica("q2")], b: [replica("q3")] },
    pod: replica("p"),
    scores: [40, 60, 100],
  },
  {
    name: "spread: pods that are going do not count",
    score: topologySpread,
    nodes: [node("a"), node("b")],
    placed: {
      a: [testPod("q", { replicasOf: "rs", deletionTimestamp: "2026-01-01T00:00:00Z" })],
    },
    pod: replica("p"),
    scores: [100, 100],
  },
  {
    name: "spread: zones count beside nodes",
    score: topologySpread,
    nodes: [inZone("a1", "a"), inZone("a2", "a"), inZone("b1", "b")],
    // Raw: a1 round(1.61 + 2 + 1.39 + 4) = 9, a2 round(2 + 1.39 + 4) = 7, b1 6.
    placed: { a1: [replica("q")] },
    pod: replica("p"),
    scores: [66, 88, 100],
  },
  {
    name: "spread: a node without a label of the pod's own constraint gets nothing",
    score: topologySpread,
    nodes: [inZone("a1", "a"), node("b")],
    pod: testPod("p", {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "ScheduleAnyway", labelSelector: {} },
      ],
    }),
    scores: [100, 0],
  },
  {
    name: "spread: has nothing to say of a pod of no controller and no Service",
    score: topologySpread,
    nodes: [node("a")],
    pod: testPod("p"),
    scores: undefined,
  },
  {
    name: "taints: each that is not tolerated costs",
    score: taintPreference,
    nodes: [
      testNode("a", {
        taints: [
          { key: "x", effect: "PreferNoSchedule" },
          { key: "y", effect: "PreferNoSchedule" },
        ],
      }),
      testNode("b", { taints: [{ key: "x", effect: "PreferNoSchedule" }] }),
      testNode("c", { taints: [{ key: "z", effect: "PreferNoSchedule" }] }),
    ],
    pod: testPod("p", { tolerations: [{ key: "z", operator: "Exists" }] }),
    scores: [0, 50, 100],
  },
  {
    name: "node affinity: weights add up",
    score: nodeAffinityPreference,
    nodes: [inZone("a1", "a"), inZone("b1", "b"), inZone("c1", "c")],
    pod: testPod("p", {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 30,
              preference: { matchExpressions: [{ key: zone, operator: "In", values: ["a", "b"] }] },
            },
            {
              weight: 10,
              preference: { matchExpressions: [{ key: zone, operator: "In", values: ["a"] }] },
            },
          ],
        },
      },
    }),
    scores: [100, 75, 0],
  },
];

test.each(rows)("$name", ({ scores, ...row }) => {
  expect(scoresOf({ ...row, scores })).toEqual(scores);
});
