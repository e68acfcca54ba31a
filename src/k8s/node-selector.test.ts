import { expect, test } from "vitest";
import { affinityNodeNames, matchesNodeSelector, matchesPodNodeAffinity } from "./node-selector.ts";
import type { Node, NodeSelectorTerm } from "./types/core.ts";

const node: Node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: "node-1",
    uid: "u",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { zone: "a", cores: "8" },
  },
};

const rows: { name: string; terms: NodeSelectorTerm[]; matches: boolean }[] = [
  { name: "no term", terms: [], matches: false },
  { name: "an empty term", terms: [{}], matches: false },
  {
    name: "one of two terms",
    terms: [
      { matchExpressions: [{ key: "zone", operator: "In", values: ["b"] }] },
      { matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] },
    ],
    matches: true,
  },
  {
    name: "both expressions of a term",
    terms: [
      {
        matchExpressions: [
          { key: "zone", operator: "Exists" },
          { key: "cores", operator: "Gt", values: ["8"] },
        ],
      },
    ],
    matches: false,
  },
  {
    name: "a field",
    terms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] }],
    matches: true,
  },
  {
    name: "another name",
    terms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["node-2"] }] }],
    matches: false,
  },
];

test.each(rows)("$name", ({ terms, matches }) => {
  expect(matchesNodeSelector(terms, node)).toBe(matches);
});

test("nodeSelector and required affinity must both hold", () => {
  const required = {
    nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "Exists" as const }] }],
  };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  expect(matchesPodNodeAffinity({}, node)).toBe(true);
  expect(matchesPodNodeAffinity({ nodeSelector: { zone: "a" }, affinity }, node)).toBe(true);
  expect(matchesPodNodeAffinity({ nodeSelector: { zone: "b" }, affinity }, node)).toBe(false);
});

test("the names that an affinity leaves", () => {
  const byName = (name: string): NodeSelectorTerm => ({
    matchFields: [{ key: "metadata.name", operator: "In", values: [name] }],
  });
  const names = (nodeSelectorTerms: NodeSelectorTerm[]) =>
    affinityNodeNames({
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
      },
    });
  expect(names([byName("a"), byName("b")])).toEqual(new Set(["a", "b"]));
  expect(names([byName("a"), {}])).toBeUndefined();
  expect(affinityNodeNames({})).toBeUndefined();
});
