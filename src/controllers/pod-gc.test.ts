import { expect, test } from "vitest";
import type { Node, Pod, PodPhase } from "../k8s/types/core.ts";
import { findGarbage } from "./pod-gc.ts";

const meta = { uid: "1", resourceVersion: "1" };

function podOf(name: string, node: string | undefined, phase: PodPhase, going = false): Pod {
  const creationTimestamp = `2026-01-01T00:00:0${name.length}Z`;
  const metadata = { ...meta, name, creationTimestamp };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: going ? { ...metadata, deletionTimestamp: "2026-01-02T00:00:00Z" } : metadata,
    spec: node === undefined ? { containers: [] } : { containers: [], nodeName: node },
    status: { phase },
  };
}

function nodeOf(name: string, taintKey?: string, ready: "True" | "Unknown" = "True"): Node {
  const taints = taintKey === undefined ? [] : [{ key: taintKey, effect: "NoExecute" } as const];
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { ...meta, name, creationTimestamp: "" },
    spec: { taints },
    status: { conditions: [{ type: "Ready", status: ready }] },
  };
}

const shutDown = "node.kubernetes.io/out-of-service";
const nodes: readonly Node[] = [
  nodeOf("n"),
  nodeOf("shut-down", shutDown, "Unknown"),
  nodeOf("back", shutDown),
];

test.each([
  { name: "a running pod stays", pod: podOf("a", "n", "Running"), garbage: false },
  { name: "a pod of a node that is gone goes", pod: podOf("a", "gone", "Running"), garbage: true },
  {
    name: "a pod of a node that is only missing stays",
    pod: podOf("a", "late", "Running"),
    garbage: false,
  },
  { name: "an unscheduled pod stays", pod: podOf("a", undefined, "Pending"), garbage: false },
  { name: "one that was deleted goes", pod: podOf("a", undefined, "Pending", true), garbage: true },
  {
    name: "a deleted pod on a node out of service goes",
    pod: podOf("a", "shut-down", "Running", true),
    garbage: true,
  },
  {
    name: "one that was not deleted stays",
    pod: podOf("a", "shut-down", "Running"),
    garbage: false,
  },
  {
    name: "a node that is ready again is in service",
    pod: podOf("a", "back", "Running", true),
    garbage: false,
  },
])("$name", ({ pod, garbage }) => {
  const nodeOfName = (name: string) => nodes.find(({ metadata }) => metadata.name === name);
  const found = findGarbage([pod], new Set(["gone"]), nodeOfName, 0);
  expect(found.map((each) => each.pod)).toEqual(garbage ? [pod] : []);
});

test("of the ended pods beyond the threshold the oldest go", () => {
  const pods = ["a", "bb", "ccc", "dddd"].map((name) => podOf(name, "n", "Succeeded"));
  const found = findGarbage([...pods].reverse(), new Set(), () => undefined, 2);
  expect(found.map(({ pod }) => pod.metadata.name)).toEqual(["a", "bb"]);
  expect(findGarbage(pods, new Set(), () => undefined, 0)).toEqual([]);
});
