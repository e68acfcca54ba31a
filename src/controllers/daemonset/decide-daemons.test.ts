import { expect, test } from "vitest";
import type { DaemonSet } from "../../k8s/types/apps.ts";
import type { Node, Pod, Taint } from "../../k8s/types/core.ts";
import { templateOf } from "../controllers.fixture.ts";
import { podsByNode } from "./daemon-pods.ts";
import { type DaemonInput, decideDaemons } from "./decide-daemons.ts";
import { type Eligibility, eligibility } from "./eligibility.ts";

const meta = { uid: "1", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };

function podOf(
  name: string,
  node: string,
  state: Partial<Pod["metadata"]> & { phase?: "Failed" | "Succeeded" } = {},
): Pod {
  const { phase = "Running", ...metadata } = state;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...meta, name, ...metadata },
    spec: { containers: [], nodeName: node },
    status: { phase },
  };
}

const daemonSet: DaemonSet = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { ...meta, name: "agent" },
  spec: { selector: {}, template: templateOf("agent") },
};

function decide(state: Eligibility, pods: readonly Pod[]) {
  const node: Node = { apiVersion: "v1", kind: "Node", metadata: { ...meta, name: "a" } };
  const input: DaemonInput = {
    daemonSet,
    nodes: [node],
    pods: podsByNode(pods),
    eligibilityOf: () => state,
    hash: "h",
    nowMs: 0,
  };
  const { createOn, deletes } = decideDaemons(input);
  return { createOn, deletes: deletes.map(({ metadata }) => metadata.name) };
}

const going = { deletionTimestamp: "2026-01-01T00:00:00Z" };

test.each<{
  name: string;
  state: Eligibility;
  pods: readonly Pod[];
  createOn?: readonly string[];
  deletes?: readonly string[];
}>([
  { name: "a node without a pod gets one", state: "run", pods: [], createOn: ["a"] },
  { name: "a node with its pod is left alone", state: "run", pods: [podOf("x", "a")] },
  {
    name: "a pod on its way out has the node to itself",
    state: "run",
    pods: [podOf("x", "a", going)],
  },
  {
    name: "a failed pod goes",
    state: "run",
    pods: [podOf("x", "a", { phase: "Failed" })],
    deletes: ["x"],
  },
  {
    name: "an ended pod goes",
    state: "run",
    pods: [podOf("x", "a", { phase: "Succeeded" })],
    deletes: ["x"],
  },
  {
    name: "of two pods the older stays",
    state: "run",
    pods: [podOf("new", "a", { creationTimestamp: "2026-01-02T00:00:00Z" }), podOf("old", "a")],
    deletes: ["new"],
  },
  { name: "a node that may only keep a pod gets none", state: "keep", pods: [] },
  { name: "a node that may keep its pod does", state: "keep", pods: [podOf("x", "a")] },
  { name: "a pod where none may be goes", state: "none", pods: [podOf("x", "a")], deletes: ["x"] },
  {
    name: "a pod that waits for a node that is gone goes",
    state: "none",
    pods: [{ ...podOf("x", ""), spec: { containers: [], affinity: affinityTo("gone") } }],
    deletes: ["x"],
  },
])("$name", ({ state, pods, createOn = [], deletes = [] }) => {
  expect(decide(state, pods)).toEqual({ createOn, deletes });
});

function affinityTo(node: string) {
  const matchFields = [{ key: "metadata.name", operator: "In", values: [node] }] as const;
  const required = { nodeSelectorTerms: [{ matchFields }] };
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
}

test.each<{ taint: Taint; state: Eligibility }>([
  { taint: { key: "team", effect: "NoSchedule" }, state: "keep" },
  { taint: { key: "team", effect: "NoExecute" }, state: "none" },
  { taint: { key: "team", effect: "PreferNoSchedule" }, state: "run" },
  { taint: { key: "node.kubernetes.io/not-ready", effect: "NoExecute" }, state: "run" },
  { taint: { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }, state: "keep" },
  { taint: { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }, state: "run" },
])("a node with the taint $taint.key:$taint.effect: $state", ({ taint, state }) => {
  const node: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { ...meta, name: "a" },
    spec: { taints: [taint] },
  };
  expect(eligibility(templateOf("agent"), node)).toBe(state);
});
