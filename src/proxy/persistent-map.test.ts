import fc from "fast-check";
import { expect, test } from "vitest";
import { PersistentMap } from "./persistent-map.ts";

interface Entry {
  readonly key: string;
  readonly value: number;
}

/** Few enough that entries are replaced and removed, enough for three levels. */
const key = fc.nat({ max: 3_000 }).map((number) => `namespace/name-${number}`);
const change = fc.record({
  kind: fc.constantFrom("with", "with", "without"),
  key,
  value: fc.nat(),
});

function changed(map: PersistentMap<Entry>, { kind, key, value }: { kind: string } & Entry) {
  return kind === "with" ? map.with({ key, value }) : map.without(key);
}

test("a persistent map holds what a Map holds, and no map changes", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
      let map = PersistentMap.empty<Entry>();
      const model = new Map<string, number>();
      for (const one of changes) {
        const before = [...map];
        const next = changed(map, one);
        expect([...map]).toEqual(before);
        if (one.kind === "with") model.set(one.key, one.value);
        else model.delete(one.key);
        map = next;
        expect(map.get(one.key)?.value).toBe(model.get(one.key));
      }
      expect(map.size).toBe(model.size);
      expect(new Map([...map].map(({ key, value }) => [key, value]))).toEqual(model);
    }),
    { numRuns: 30 },
  );
});

test("what a map holds decides its order, not how it came about", () => {
  const entries = fc.array(fc.tuple(key, fc.nat()), { maxLength: 200 });
  fc.assert(
    fc.property(entries, fc.array(key, { maxLength: 200 }), (held, others) => {
      const model = new Map(held);
      let direct = PersistentMap.empty<Entry>();
      for (const [key, value] of model) direct = direct.with({ key, value });
      let roundabout = PersistentMap.empty<Entry>();
      for (const key of others) roundabout = roundabout.with({ key, value: -1 });
      for (const [key, value] of [...model].toReversed()) {
        roundabout = roundabout.with({ key, value });
      }
      for (const key of others) if (!model.has(key)) roundabout = roundabout.without(key);
      expect([...roundabout]).toEqual([...direct]);
    }),
    { numRuns: 50 },
  );
});

test("to take away what is not there changes nothing", () => {
  const map = PersistentMap.empty<Entry>().with({ key: "a", value: 1 });
  expect(map.without("b")).toBe(map);
});
