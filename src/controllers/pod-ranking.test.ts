import { expect, test } from "vitest";
import { parseTime } from "../base/rfc3339.ts";
import type { Pod, PodPhase } from "../k8s/types/core.ts";
import { rankForDeletion } from "./pod-ranking.ts";

interface PodSketch {
  readonly name: string;
  readonly node?: string;
  readonly phase?: PodPhase;
  readonly readySince?: string;
  readonly cost?: string;
  readonly restarts?: number;
  readonly created?: string;
}

function podOf(sketch: PodSketch): Pod {
  const { name, node, phase = "Running", readySince, cost, restarts = 0 } = sketch;
  const container = { name: "main", image: "", imageID: "", ready: true, restartCount: restarts };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      uid: name,
      resourceVersion: "1",
      creationTimestamp: sketch.created ?? "2026-01-01T00:00:00Z",
      ...(cost && { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
    },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: {
      phase,
      containerStatuses: [container],
      ...(readySince && {
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: readySince }],
      }),
    },
  };
}

const now = parseTime("2026-01-02T00:00:00Z") ?? 0;
const ready = { readySince: "2026-01-01T00:00:00Z" };

test.each<{ name: string; first: PodSketch; last: PodSketch }>([
  { name: "unassigned", first: { name: "z" }, last: { name: "a", node: "n" } },
  {
    name: "pending",
    first: { name: "z", node: "n", phase: "Pending" },
    last: { name: "a", node: "n" },
  },
  { name: "not ready", first: { name: "z", node: "n" }, last: { name: "a", node: "n", ...ready } },
  {
    name: "cheaper",
    first: { name: "z", node: "n", cost: "-5" },
    last: { name: "a", node: "n" },
  },
  {
    name: "ready for a shorter time",
    first: { name: "z", node: "n", readySince: "2026-01-01T23:00:00Z" },
    last: { name: "a", node: "n", ...ready },
  },
  {
    name: "more often restarted",
    first: { name: "z", node: "n", restarts: 2 },
    last: { name: "a", node: "n" },
  },
  {
    name: "younger",
    first: { name: "z", node: "n", created: "2026-01-01T23:00:00Z" },
    last: { name: "a", node: "n" },
  },
  {
    name: "first by UID of those that are about as old",
    first: { name: "a", node: "n", created: "2026-01-01T00:00:00Z" },
    last: { name: "z", node: "n", created: "2026-01-01T00:30:00Z" },
  },
])("the pod that is $name goes first", ({ first, last }) => {
  const pods = [podOf(last), podOf(first)];
  const names = rankForDeletion(pods, pods, now).map(({ metadata }) => metadata.name);
  expect(names).toEqual([first.name, last.name]);
});

test("the pod on the node with more of its siblings goes first", () => {
  const pods = [podOf({ name: "a", node: "few" }), podOf({ name: "z", node: "many" })];
  const related = [...pods, podOf({ name: "sibling", node: "many" })];
  expect(rankForDeletion(pods, related, now)[0]?.metadata.name).toBe("z");
});
