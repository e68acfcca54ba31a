import { expect, test } from "vitest";
import { podRequests, podResourceList, qosClass } from "./pod-resources.ts";
import type { Container, PodSpec } from "./types/core.ts";

function container(requests: Record<string, string>, more: Partial<Container> = {}): Container {
  return { name: "c", image: "i", resources: { requests }, ...more };
}

const always = { restartPolicy: "Always" } as const;
const Mi = 1024 ** 2;

const rows: { name: string; spec: PodSpec; requests: Record<string, number> }[] = [
  {
    name: "containers are added up",
    spec: { containers: [container({ cpu: "250m", memory: "1Mi" }), container({ cpu: "1" })] },
    requests: { cpu: 1_250, memory: Mi },
  },
  {
    name: "an init container only counts where it is larger",
    spec: {
      containers: [container({ cpu: "1", memory: "1Mi" })],
      initContainers: [container({ cpu: "500m", memory: "4Mi" }), container({ cpu: "2" })],
    },
    requests: { cpu: 2_000, memory: 4 * Mi },
  },
  {
    name: "a sidecar counts beside the containers and the later init containers",
    spec: {
      containers: [container({ cpu: "1" })],
      initContainers: [
        container({ cpu: "3" }),
        container({ cpu: "500m" }, always),
        container({ cpu: "3" }),
      ],
    },
    requests: { cpu: 3_500 },
  },
  {
    name: "overhead is added",
    spec: { containers: [container({ cpu: "1" })], overhead: { cpu: "10m", memory: "1Mi" } },
    requests: { cpu: 1_010, memory: Mi },
  },
  {
    name: "extended resources are units",
    spec: { containers: [container({ "nvidia.com/gpu": "2" })] },
    requests: { "nvidia.com/gpu": 2 },
  },
  { name: "nothing asked", spec: { containers: [{ name: "c", image: "i" }] }, requests: {} },
];

test.each(rows)("$name", ({ spec, requests }) => {
  expect(Object.fromEntries(podRequests(spec))).toEqual(requests);
});

const both = { cpu: "1", memory: "1Mi" };

test.each([
  { name: "nothing", resources: {}, qos: "BestEffort" },
  { name: "only extended resources", resources: { requests: { gpu: "1" } }, qos: "BestEffort" },
  { name: "limits alone", resources: { limits: both }, qos: "Guaranteed" },
  {
    name: "equal amounts, written differently",
    resources: { limits: both, requests: { cpu: "1000m", memory: "1024Ki" } },
    qos: "Guaranteed",
  },
  { name: "one limit", resources: { limits: { cpu: "1" } }, qos: "Burstable" },
  {
    name: "requests below the limits",
    resources: { limits: both, requests: { cpu: "1m", memory: "1Mi" } },
    qos: "Burstable",
  },
  { name: "requests alone", resources: { requests: both }, qos: "Burstable" },
])("quality of service of $name: $qos", ({ resources, qos }) => {
  expect(qosClass({ containers: [{ name: "c", image: "i", resources }] })).toBe(qos);
});

test("one container without limits keeps a pod from being Guaranteed", () => {
  const guaranteed = { name: "c", image: "i", resources: { limits: both } };
  expect(qosClass({ containers: [guaranteed, { name: "d", image: "i" }] })).toBe("Burstable");
});

test.each([
  { name: "nothing", containers: [container({})], list: undefined },
  {
    name: "the sum, as the first writes it",
    containers: [
      container({ cpu: "250m", memory: "64Mi" }),
      container({ cpu: "1", memory: "1Gi" }),
    ],
    list: { cpu: "1250m", memory: "1088Mi" },
  },
  {
    name: "what init containers need at one time",
    containers: [container({ cpu: "100m", gpu: "1" })],
    initContainers: [container({ cpu: "2" })],
    list: { cpu: "2", gpu: "1" },
  },
  {
    name: "the overhead too",
    containers: [container({ memory: "1M" })],
    overhead: { cpu: "10m", memory: "1M" },
    list: { cpu: "10m", memory: "2M" },
  },
])("a pod as a whole asks for $name", ({ list, ...spec }) => {
  expect(podResourceList(spec, "requests")).toEqual(list);
});

test("of an overhead a pod without limits may take nothing", () => {
  const overhead = { cpu: "10m" };
  expect(podResourceList({ containers: [container({ cpu: "1" })], overhead }, "limits")).toBe(
    undefined,
  );
});
