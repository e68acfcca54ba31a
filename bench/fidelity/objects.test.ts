import { describe, expect, test } from "vitest";
import type { Json } from "./masking.ts";
import { compareObjects } from "./objects.ts";
import type { Specimen } from "./specimens.ts";

function specimens(values: readonly Json[], more: Partial<Specimen> = {}): readonly Specimen[] {
  const names = { nodes: ["n-0"], own: "" };
  return values.map((value) => ({ subject: "nodes, idle", value, names, ...more }));
}

const time = "2026-11-24T10:00:00Z";
const patch = { subject: "body of hollow-kubelet patch pods/status" };

describe("fields", () => {
  test.each<{ readonly name: string; readonly theirs: Json[]; readonly ours: Json[] }>([
    { name: "are equal", theirs: [{ a: 1 }], ours: [{ a: 1 }] },
    { name: "are equal once masked", theirs: [{ a: time }], ours: [{ a: "2027-01-01T00:00:00Z" }] },
    { name: "vary on both sides", theirs: [{ a: 1 }, { a: 2 }], ours: [{ a: 2 }, { a: 1 }] },
    { name: "vary with Kubemark alone", theirs: [{ a: 1 }, {}], ours: [{ a: 1 }] },
  ])("that $name do not count", ({ theirs, ours }) => {
    expect(compareObjects(specimens(theirs), specimens(ours))).toEqual([]);
  });

  test.each<{ readonly name: string; readonly theirs: Json[]; readonly ours: Json[] }>([
    { name: "differ", theirs: [{ a: 1 }], ours: [{ a: 2 }] },
    { name: "vary with us alone", theirs: [{ a: 1 }], ours: [{ a: 1 }, { a: 2 }] },
    { name: "some of ours lack", theirs: [{ a: 1 }], ours: [{ a: 1 }, { b: 1 }] },
    {
      name: "are times of another precision",
      theirs: [{ a: time }],
      ours: [{ a: `${time.slice(0, -1)}.000001Z` }],
    },
    {
      name: "come in another order",
      theirs: [{ a: [{ name: "x" }, { name: "y" }] }],
      ours: [{ a: [{ name: "y" }, { name: "x" }] }],
    },
  ])("that $name count", ({ theirs, ours }) => {
    expect(compareObjects(specimens(theirs), specimens(ours))).not.toEqual([]);
  });

  test("of patches may lack a time, which has not changed within its second", () => {
    const theirs = specimens([{ a: 1, at: time }], patch);
    expect(compareObjects(theirs, specimens([{ a: 1 }], patch))).toEqual([]);
    expect(compareObjects(theirs, specimens([{ at: time }], patch))).toHaveLength(1);
  });
});

test("what only one side has is a difference, unless it depends on chance", () => {
  const theirs = specimens([{ a: 1 }]);
  expect(compareObjects(theirs, [])).toMatchObject([{ theirs: ["1"], ours: ["none"] }]);
  expect(compareObjects(specimens([{ a: 1 }], { isChance: true }), [])).toEqual([]);
});
