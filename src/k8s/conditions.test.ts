import { expect, test } from "vitest";
import { findCondition, withCondition, withoutCondition } from "./conditions.ts";
import type { Condition } from "./types/meta.ts";

const ready: Condition = { type: "Ready", status: "True", lastTransitionTime: "T1", reason: "A" };
const other: Condition = { type: "Other", status: "False" };

test.each([
  {
    name: "the same status keeps its transition time",
    before: [ready, other],
    set: { ...ready, reason: "B", lastTransitionTime: "T2" },
    after: [{ ...ready, reason: "B" }, other],
  },
  {
    name: "another status takes the new transition time",
    before: [ready, other],
    set: { ...ready, status: "False", lastTransitionTime: "T2" } as const,
    after: [{ ...ready, status: "False", lastTransitionTime: "T2" }, other],
  },
  { name: "a new type goes to the end", before: [other], set: ready, after: [other, ready] },
  { name: "no conditions yet", before: undefined, set: ready, after: [ready] },
])("$name", ({ before, set, after }) => {
  expect(withCondition(before, set)).toEqual(after);
});

test("a condition is found, and removed, by its type", () => {
  expect(findCondition([other, ready], "Ready")).toBe(ready);
  expect(withoutCondition([other, ready], "Ready")).toEqual([other]);
});
