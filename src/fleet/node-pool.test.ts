import { describe, expect, test } from "vitest";
import { offsetOf } from "../kubelet/ip-range.ts";
import type { NodeGroupOptions } from "./fleet-options.ts";
import { createNodePool } from "./node-pool.ts";

const kubeletVersion = "v1.34.4";
const pool = (...groups: readonly NodeGroupOptions[]) => createNodePool({ groups, kubeletVersion });
const namesOf = (...groups: readonly NodeGroupOptions[]) =>
  pool(...groups).nodes.map(({ node }) => node.name);

describe("names", () => {
  test.each([
    { name: "by default", groups: [{ count: 2 }], names: ["hollow-0", "hollow-1"] },
    {
      name: "by default, of several groups",
      groups: [{ count: 1 }, { count: 2, name: "gpu" }],
      names: ["hollow-0-0", "hollow-gpu-0", "hollow-gpu-1"],
    },
    {
      name: "by a template",
      groups: [{ count: 3, name: "g", zones: ["a", "b"], nameTemplate: "{group}.{zone}.{index}" }],
      names: ["g.a.0", "g.b.1", "g.a.2"],
    },
    {
      name: "without an index for one node",
      groups: [{ count: 1, nameTemplate: "it" }],
      names: ["it"],
    },
  ])("$name", ({ groups, names }) => {
    expect(namesOf(...groups)).toEqual(names);
  });
});

test("a node that is called by an address has it", () => {
  const { nodes } = pool({ count: 2, nameTemplate: "192.0.2.{index}" });
  expect(nodes.map(({ node }) => node.ip)).toEqual(["192.0.2.0", "192.0.2.1"]);
});

test("zones, region and instance type become labels, which the group's own override", () => {
  const { nodes } = pool({
    count: 3,
    zones: ["a", "b"],
    region: "r",
    instanceType: "large",
    labels: { team: "x" },
  });
  expect(nodes.map(({ node }) => node.template.labels)).toEqual(
    ["a", "b", "a"].map((zone) => ({
      "topology.kubernetes.io/zone": zone,
      "topology.kubernetes.io/region": "r",
      "node.kubernetes.io/instance-type": "large",
      team: "x",
    })),
  );
  expect(nodes[0]?.node.template).toBe(nodes[2]?.node.template);
});

test("a capacity joins the default", () => {
  const { nodes } = pool({ count: 1, capacity: { cpu: "4", "nvidia.com/gpu": "8" } });
  expect(nodes[0]?.node.template.capacity).toEqual({
    cpu: "4",
    memory: "256Gi",
    "ephemeral-storage": "512Gi",
    pods: "110",
    "nvidia.com/gpu": "8",
  });
});

test("no two nodes share an address, or a block of pod addresses that holds all their pods", () => {
  const { nodes } = pool({ count: 5_000 });
  expect(new Set(nodes.map(({ node }) => node.ip)).size).toBe(5_000);
  const starts = nodes.map(({ podRange }) => podRange.first);
  expect(new Set(starts).size).toBe(5_000);
  expect(new Set(nodes.map(({ podRange }) => podRange.size))).toEqual(new Set([128n]));
  expect(starts.every((start) => start % 128n === 0n)).toBe(true);
  const whole = { family: 4, first: 10n << 24n, size: 1n << 24n } as const;
  expect(starts.every((start) => start >= whole.first && start < whole.first + whole.size)).toBe(
    true,
  );
  expect(offsetOf(whole, "10.0.0.0")).toBe(0);
});

test.each<{ readonly name: string; readonly group: NodeGroupOptions; readonly message: string }>([
  {
    name: "count",
    group: { count: 0 },
    message: "groups[0].count: expected a whole number from 1 to 100000, found 0",
  },
  {
    name: "count that is no whole number",
    group: { count: 1.5 },
    message: "groups[0].count: expected a whole number from 1 to 100000, found 1.5",
  },
  {
    name: "name template with an unknown placeholder",
    group: { count: 1, nameTemplate: "n-{i}" },
    message: "groups[0].nameTemplate: expected {index}, {group}, found {i}",
  },
  {
    name: "name template with a zone and no zones",
    group: { count: 1, nameTemplate: "n-{zone}" },
    message: "groups[0].nameTemplate: expected {index}, {group}, found {zone}",
  },
  {
    name: "name template that gives equal names",
    group: { count: 2, nameTemplate: "node" },
    message: 'groups[0].nameTemplate: gives the name "node" to two nodes',
  },
  {
    name: "name template that gives invalid names",
    group: { count: 1, nameTemplate: "Node_{index}" },
    message:
      "groups[0].nameTemplate: \"Node_0\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  },
  {
    name: "name that is too long for a label",
    group: { count: 1, nameTemplate: `${"a".repeat(63)}{index}` },
    message: `groups[0].nameTemplate: "${"a".repeat(63)}0": must be no more than 63 characters`,
  },
  {
    name: "capacity",
    group: { count: 1, capacity: { memory: "lots" } },
    message: 'groups[0].capacity.memory: expected a quantity such as 500m or 16Gi, found "lots"',
  },
  {
    name: "capacity below zero",
    group: { count: 1, capacity: { cpu: "-1" } },
    message: 'groups[0].capacity.cpu: expected a quantity such as 500m or 16Gi, found "-1"',
  },
  {
    name: "capacity of half a pod",
    group: { count: 1, capacity: { pods: "500m" } },
    message: 'groups[0].capacity.pods: expected a whole number, found "500m"',
  },
])("an option is refused: $name", ({ group, message }) => {
  expect(() => pool(group)).toThrow(expect.objectContaining({ name: "OptionError", message }));
});

test("names are unique over all groups", () => {
  expect(() => pool({ count: 1, nameTemplate: "a" }, { count: 1, nameTemplate: "a" })).toThrow(
    'groups[1].nameTemplate: gives the name "a" to two nodes',
  );
});

test.each([
  {
    option: "nodeRange",
    range: "192.168.0.0/30",
    message: "nodeRange: has 2 addresses, found 3 nodes",
  },
  { option: "podRange", range: "10.0.0.0/24", message: "podRange: has room for 2 nodes, found 3" },
  {
    option: "podRange",
    range: "ten",
    message: 'podRange: expected a CIDR such as 10.0.0.0/8, found "ten"',
  },
])("a range is refused: $message", ({ option, range, message }) => {
  const options = { groups: [{ count: 3 }], kubeletVersion, [option]: range };
  expect(() => createNodePool(options)).toThrow(message);
});

test("errors name options as their user wrote them", () => {
  const optionName = (_: number, option: string) => `--${option}`;
  expect(() => createNodePool({ groups: [{ count: -1 }], kubeletVersion, optionName })).toThrow(
    "--count: expected",
  );
});
