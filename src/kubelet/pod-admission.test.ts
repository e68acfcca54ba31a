import { expect, test } from "vitest";
import { admitPod } from "./pod-admission.ts";

const allocatable = new Map([
  ["cpu", 1_000],
  ["memory", 4_096],
  ["pods", 3],
  ["nvidia.com/gpu", 1],
]);

const amounts = (entries: Readonly<Record<string, number>>) => new Map(Object.entries(entries));

test.each([
  { name: "an empty node", requests: { cpu: 1_000 }, taken: [] },
  { name: "a pod that asks for nothing", requests: {}, taken: [{ cpu: 1_000 }] },
  { name: "what is just left", requests: { cpu: 400 }, taken: [{ cpu: 600 }] },
  { name: "a resource that the node does not know", requests: { "a.com/x": 1 }, taken: [] },
])("a node takes a pod: $name", ({ requests, taken }) => {
  expect(admitPod(allocatable, amounts(requests), taken.map(amounts))).toBeUndefined();
});

test.each([
  {
    name: "cpu",
    requests: { cpu: 2_000 },
    taken: [],
    reason: "OutOfcpu",
    numbers: "cpu, requested: 2000, used: 0, capacity: 1000",
  },
  {
    name: "memory beside other pods",
    requests: { memory: 97 },
    taken: [{ memory: 3_000 }, { memory: 1_000 }],
    reason: "OutOfmemory",
    numbers: "memory, requested: 97, used: 4000, capacity: 4096",
  },
  {
    name: "an extended resource",
    requests: { "nvidia.com/gpu": 1 },
    taken: [{ "nvidia.com/gpu": 1 }],
    reason: "OutOfnvidia.com/gpu",
    numbers: "nvidia.com/gpu, requested: 1, used: 1, capacity: 1",
  },
  {
    name: "the number of pods, before all else",
    requests: { cpu: 2_000 },
    taken: [{}, {}, {}],
    reason: "OutOfpods",
    numbers: "pods, requested: 1, used: 3, capacity: 3",
  },
  {
    name: "a native resource that the node does not have",
    requests: { "ephemeral-storage": 1 },
    taken: [],
    reason: "OutOfephemeral-storage",
    numbers: "ephemeral-storage, requested: 1, used: 0, capacity: 0",
  },
])("a node refuses a pod for $name", ({ requests, taken, reason, numbers }) => {
  expect(admitPod(allocatable, amounts(requests), taken.map(amounts))).toEqual({
    reason,
    message: `Pod was rejected: Node didn't have enough resource: ${numbers}`,
  });
});
