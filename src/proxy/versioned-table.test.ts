import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { silentMetrics } from "../base/metrics.ts";
import type { Service } from "../k8s/types/core.ts";
import type { EndpointSlice } from "../k8s/types/discovery.ts";
import { ready, testService, testSlice } from "./proxy.fixture.ts";
import { createSharedRules } from "./shared-rules.ts";
import { TableView } from "./table-view.ts";

const createdAt = { creationTimestamp: "2026-01-01T00:00:00Z" };

function slice(name: string, resourceVersion: number, service = "web"): EndpointSlice {
  const { metadata, ...rest } = testSlice({
    service,
    name,
    endpoints: [ready(`10.1.0.${resourceVersion}`)],
  });
  const meta = { name, uid: `uid-of-${name}`, resourceVersion: String(resourceVersion) };
  return { ...rest, metadata: { ...metadata, ...meta, ...createdAt } };
}

function service(name: string, resourceVersion: number, clusterIP: string): Service {
  const { metadata, status: _, ...rest } = testService({ name, clusterIP });
  const meta = { name, uid: `uid-of-${name}`, resourceVersion: String(resourceVersion) };
  return { ...rest, metadata: { ...metadata, ...meta, ...createdAt } };
}

function createViews() {
  const rules = createSharedRules({ metrics: silentMetrics });
  return {
    slices: () => new TableView(rules.slices, () => {}),
    services: () => new TableView(rules.services, () => {}),
  };
}

describe("views of one collection", () => {
  test("that have seen the same hold the same object", () => {
    const { slices } = createViews();
    const [left, right] = [slices(), slices()];
    for (const view of [left, right]) {
      view.apply(slice("a", 1));
      view.apply(slice("b", 2));
    }
    expect(left.current()).toBe(right.current());
    left.apply(slice("a", 3));
    expect(left.current()).not.toBe(right.current());
    right.apply(slice("a", 3));
    expect(left.current()).toBe(right.current());
    left.remove(slice("a", 4));
    right.remove(slice("a", 4));
    expect(left.current()).toBe(right.current());
    expect([...left.current().rows].map(({ key }) => key)).toEqual(["default/b"]);
  });

  test("share what was listed with what was watched, and with what was seen in another order", () => {
    const { slices } = createViews();
    const [watched, listed, reversed] = [slices(), slices(), slices()];
    watched.apply(slice("a", 1));
    watched.apply(slice("b", 2));
    listed.beginList();
    listed.apply(slice("b", 2));
    listed.apply(slice("a", 1));
    listed.endList();
    reversed.apply(slice("b", 2));
    reversed.apply(slice("a", 1));
    expect(listed.current()).toBe(watched.current());
    expect(reversed.current()).toBe(watched.current());
  });

  test("share the rows of lists that differ", () => {
    const { slices } = createViews();
    const [left, right] = [slices(), slices()];
    for (const [view, last] of [
      [left, 50],
      [right, 51],
    ] as const) {
      view.beginList();
      for (let index = 1; index <= last; index += 1) view.apply(slice(`s${index}`, index));
      view.endList();
    }
    const rows = new Set(left.current().rows);
    expect([...right.current().rows].filter((row) => !rows.has(row)).map(({ key }) => key)).toEqual(
      ["default/s51"],
    );
  });

  test("make no version of what nobody looked at", () => {
    const { slices } = createViews();
    const [ahead, behind] = [slices(), slices()];
    for (let version = 1; version < 600; version += 1) {
      ahead.apply(slice("a", version));
      ahead.current();
      behind.apply(slice("a", version));
    }
    expect(behind.current()).toBe(ahead.current());
  });

  test("are right where nobody was before, and meet again however far behind one was", () => {
    const { slices } = createViews();
    const [ahead, behind] = [slices(), slices()];
    for (const view of [ahead, behind]) {
      for (let version = 1; version < 600; version += 1) {
        view.apply(slice("a", version));
        expect(view.current().rows.get("default/a")?.resourceVersion).toBe(String(version));
      }
    }
    for (const view of [ahead, behind]) view.apply(slice("a", 600));
    expect(behind.current()).toBe(ahead.current());
  });

  test("do not gather changes without end", () => {
    const { slices } = createViews();
    const view = slices();
    for (let index = 0; index < 2_500; index += 1) {
      const one = slice(`s${index}`, index + 1);
      view.apply(one);
      view.remove(one);
    }
    expect(view.current().rows.size).toBe(0);
    expect(slices().current()).toBe(view.current());
  });

  test("drop by a list what it does not bring, and by its end only", () => {
    const { slices } = createViews();
    const view = slices();
    view.apply(slice("a", 1));
    view.apply(slice("b", 2));
    view.beginList();
    view.apply(slice("a", 1));
    view.apply(slice("c", 3));
    view.remove(slice("c", 4));
    expect(view.current().rows.size).toBe(2);
    view.endList();
    expect([...view.current().rows].map(({ key }) => key)).toEqual(["default/a"]);
  });

  test("take an object of another uid for another object", () => {
    const { slices } = createViews();
    const view = slices();
    view.apply(slice("a", 1));
    const again = slice("a", 1);
    view.apply({ ...again, metadata: { ...again.metadata, uid: "another" }, endpoints: [] });
    expect(view.current().rows.get("default/a")?.value?.endpoints).toEqual([]);
  });
});

describe("in any order of events", () => {
  /** Objects of few names: the events of one stay in order, as the API server sends them. */
  const event = fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "e"),
    kind: fc.constantFrom("apply", "apply", "remove"),
    owner: fc.constantFrom("web", "db"),
  });
  const events = fc
    .array(event, { maxLength: 40 })
    .map((list) => list.map((one, index) => ({ ...one, version: index + 1 })));

  /** The same events, those of different objects interleaved by `picks`. */
  function interleaved<T extends { readonly name: string }>(list: readonly T[], picks: number[]) {
    const names = [...new Set(list.map(({ name }) => name))];
    const queues = names.map((name) => list.filter((one) => one.name === name));
    const result: T[] = [];
    for (let turn = 0; result.length < list.length; turn += 1) {
      const waiting = queues.filter((queue) => queue.length > 0);
      const next = waiting[(picks[turn % picks.length] ?? 0) % waiting.length]?.shift();
      if (next !== undefined) result.push(next);
    }
    return result;
  }

  test("the slices of each Service are the same", () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), (list, picks) => {
        const play = (order: typeof list) => {
          const view = createViews().slices();
          for (const { kind, name, version, owner } of order) {
            view[kind](slice(name, version, owner));
            if (version % 3 === 0) view.current();
          }
          return view.current();
        };
        const [left, right] = [play(list), play(interleaved(list, picks))];
        expect([...right.rows]).toEqual([...left.rows]);
        const services = (version: typeof left) =>
          [...version.index].map(({ key, slices }) => [key, new Set(slices)]);
        expect(services(right)).toEqual(services(left));
      }),
      { numRuns: 100 },
    );
  });

  test("the same Services answer, also where two want one address", () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), (list, picks) => {
        const play = (order: typeof list) => {
          const view = createViews().services();
          for (const { kind, name, version, owner } of order) {
            view[kind](service(name, version, owner === "web" ? "10.0.0.1" : "10.0.0.2"));
          }
          return view.current();
        };
        const [left, right] = [play(list), play(interleaved(list, picks))];
        expect([...right.index]).toEqual([...left.index]);
        expect(right.fingerprint).toBe(left.fingerprint);
      }),
      { numRuns: 100 },
    );
  });
});
