import fc from "fast-check";
import { expect, test } from "vitest";
import { indexAfter, mergeKeys, rangeOf, SortedKeys } from "./sorted-keys.ts";

const names = fc.constantFrom("a", "b", "a/1", "a/2", "a-b/1", "a0/1", "b/1", "b/10", "b/2");

test("the keys are in order whatever comes and goes, and whenever somebody asks", () => {
  const steps = fc.array(fc.tuple(names, fc.boolean()), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      const keys = new SortedKeys();
      const model = new Set<string>();
      for (const [key, asks] of all) {
        if (model.delete(key)) keys.removed(key);
        else {
          model.add(key);
          keys.added(key);
        }
        if (asks) expect(keys.sorted()).toEqual([...model].sort());
      }
      expect(keys.sorted()).toEqual([...model].sort());
    }),
  );
});

test("what was given out is not changed later", () => {
  const keys = new SortedKeys();
  keys.added("b");
  const before = keys.sorted();
  keys.added("a");
  keys.removed("b");
  keys.sorted();
  expect(before).toEqual(["b"]);
});

test.each([
  { name: "of a namespace", namespace: "a", within: ["a/1", "a/2"] },
  { name: "of one whose name begins with another's", namespace: "a-b", within: ["a-b/1"] },
  { name: "of one that is not there", namespace: "c", within: [] },
  { name: "of all", within: ["a-b/1", "a/1", "a/2", "a0/1", "b/1"] },
])("a range $name", ({ namespace, within }) => {
  const all = mergeKeys(["a-b/1", "a/2", "b/1", "x/1"], ["a0/1", "a/1"], new Set(["x/1"]));
  const { keys, from, to } = rangeOf(all, namespace);
  expect(keys.slice(from, to)).toEqual(within);
});

test.each([
  [undefined, 0],
  ["", 0],
  ["a", 1],
  ["b", 1],
  ["c", 2],
  ["d", 2],
])("the first key after %o is that of index %i", (key, index) => {
  expect(indexAfter(["a", "c"], key)).toBe(index);
});
