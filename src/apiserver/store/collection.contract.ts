import fc from "fast-check";
import { expect, test } from "vitest";
import type { WatchEvent } from "../../k8s/transport.ts";
import type { Collection, CollectionOptions } from "./collection.ts";
import type { Selection } from "./selection.ts";
import type { Store } from "./store.ts";
import type { StoredObject } from "./stored-object.ts";

/** A small object. */
export function sample(name: string, value = "", namespace = "default"): StoredObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, uid: name, resourceVersion: "", creationTimestamp: "" },
    value,
  };
}

function stored(collection: Collection, object: StoredObject, expected?: string): StoredObject {
  const result = collection.put(object, expected);
  if (result.kind === "conflict") throw new Error("a conflict");
  return result.object;
}

function namesOf(objects: readonly StoredObject[]): readonly string[] {
  return objects.map(({ metadata }) => metadata.name);
}

function follow(collection: Collection, selection: Selection = {}, revision?: number): string[] {
  const lines: string[] = [];
  const line = ({ type, object }: WatchEvent): string =>
    `${type} ${(object as StoredObject).metadata.name} ${String(object["value"])}`;
  collection.watch(
    selection,
    { events: (batch) => lines.push(...batch.map(line)), closed: () => lines.push("closed") },
    revision,
  );
  return lines;
}

const turn = (): Promise<void> => Promise.resolve();
const byValue: CollectionOptions = { indexedField: (object) => String(object["value"]) };

/** What every store must do. */
export function storeContract(name: string, open: () => Store): void {
  test(`${name}: revisions grow over all collections`, () => {
    const store = open();
    const [first, second] = [store.open(), store.open()];
    const revisions = [
      stored(first, sample("a")),
      stored(second, sample("a")),
      stored(first, sample("b")),
    ].map(({ metadata }) => Number(metadata.resourceVersion));
    expect(revisions).toEqual([2, 3, 4]);
    expect(store.revision).toBe(4);
  });

  test(`${name}: a write at a stale revision is a conflict that shows what is there`, () => {
    const collection = open().open();
    const first = stored(collection, sample("a", "1"));
    const second = stored(collection, sample("a", "2"), first.metadata.resourceVersion);
    expect(collection.put(sample("a", "3"), first.metadata.resourceVersion)).toEqual({
      kind: "conflict",
      current: second,
    });
    expect(collection.put(sample("a"), undefined)).toEqual({ kind: "conflict", current: second });
    expect(collection.put(sample("b"), "1")).toEqual({ kind: "conflict", current: undefined });
    expect(collection.remove("default/a", first.metadata.resourceVersion).kind).toBe("conflict");
    expect(collection.get("default/a")).toBe(second);
  });

  test(`${name}: what is removed is gone, at a revision of its own`, () => {
    const collection = open().open();
    const { metadata } = stored(collection, sample("a"));
    const result = collection.remove("default/a", metadata.resourceVersion);
    expect(result).toMatchObject({
      kind: "stored",
      object: { metadata: { resourceVersion: "3" } },
    });
    expect(collection.get("default/a")).toBeUndefined();
    expect(collection.size).toBe(0);
  });

  test(`${name}: pages come in the order of keys and show one state`, () => {
    const store = open();
    const collection = store.open();
    for (const key of ["d", "b", "a", "c"]) stored(collection, sample(key));
    const first = collection.page({ selection: {}, limit: 2 });
    expect(namesOf(first.objects)).toEqual(["a", "b"]);
    expect(first).toMatchObject({ next: "default/b", remaining: 2 });
    const { revision } = store;
    stored(collection, sample("bb"));
    collection.remove("default/c", collection.get("default/c")?.metadata.resourceVersion ?? "");
    const next = { selection: {}, limit: 2, after: first.next ?? "" };
    expect(namesOf(collection.page({ ...next, revision }).objects)).toEqual(["c", "d"]);
    expect(namesOf(collection.page(next).objects)).toEqual(["bb", "d"]);
  });

  test.each<{ selection: Selection; expected: readonly string[] }>([
    { selection: {}, expected: ["a", "b", "c"] },
    { selection: { namespace: "default" }, expected: ["a", "b"] },
    { selection: { namespace: "default", name: "a" }, expected: ["a"] },
    { selection: { name: "c" }, expected: ["c"] },
    { selection: { name: "d" }, expected: [] },
    { selection: { indexed: "red" }, expected: ["a", "c"] },
    { selection: { indexed: "red", namespace: "other" }, expected: ["c"] },
    { selection: { matches: ({ value }) => value === "blue" }, expected: ["b"] },
  ])(
    `${name}: $selection selects $expected, in lists and watches`,
    async ({ selection, expected }) => {
      const collection = open().open(byValue);
      const lines = follow(collection, selection);
      stored(collection, sample("a", "red"));
      stored(collection, sample("b", "blue"));
      stored(collection, sample("c", "red", "other"));
      await turn();
      expect(namesOf(collection.page({ selection }).objects)).toEqual(expected);
      expect(lines.map((line) => line.split(" ")[1])).toEqual(expected);
    },
  );

  test.each<{ name: string; selection: Selection }>([
    { name: "an index", selection: { indexed: "red" } },
    { name: "a condition", selection: { matches: ({ value }) => value === "red" } },
  ])(
    `${name}: an object that crosses the edge of $name appears and disappears`,
    async ({ selection }) => {
      const collection = open().open(byValue);
      const lines = follow(collection, selection);
      let version: string | undefined;
      for (const value of ["blue", "red", "red", "blue", "red"]) {
        version = stored(collection, sample("a", value), version).metadata.resourceVersion;
      }
      collection.remove("default/a", version ?? "", sample("a", "last"));
      await turn();
      expect(lines).toEqual([
        "ADDED a red",
        "MODIFIED a red",
        "DELETED a red",
        "ADDED a red",
        "DELETED a last",
      ]);
    },
  );

  test(`${name}: a watch from a revision begins with what came after it`, async () => {
    const store = open();
    const collection = store.open();
    stored(collection, sample("a"));
    const { revision } = store;
    stored(collection, sample("b"));
    const lines = follow(collection, {}, revision);
    stored(collection, sample("c"));
    await turn();
    expect(lines).toEqual(["ADDED b ", "ADDED c "]);
  });

  test(`${name}: a watch that is stopped hears nothing more, one that is closed is told`, async () => {
    const store = open();
    const collection = store.open();
    const heard: string[] = [];
    const sink = { events: () => heard.push("event"), closed: () => heard.push("closed") };
    const watcher = collection.watch({}, sink);
    stored(collection, sample("a"));
    watcher.stop();
    await turn();
    expect(heard).toEqual([]);
    const lines = follow(collection);
    stored(collection, sample("b"));
    store.close();
    await turn();
    expect(lines).toEqual(["ADDED b ", "closed"]);
  });

  const write = fc.record({
    key: fc.constantFrom("a", "b", "c"),
    value: fc.constantFrom("red", "blue", undefined),
  });
  test(`${name}: the state at a revision and the events after it give the state now`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(write), fc.nat(), async (writes, choice) => {
        const store = open();
        const collection = store.open();
        for (const { key, value } of writes) {
          const version = collection.get(`default/${key}`)?.metadata.resourceVersion;
          if (value !== undefined) collection.put(sample(key, value), version);
          else if (version !== undefined) collection.remove(`default/${key}`, version);
        }
        const revision = 1 + (choice % store.revision);
        const selection = { matches: ({ value }: StoredObject) => value === "red" };
        const state = new Map(
          collection.page({ selection, revision }).objects.map((o) => [o.metadata.name, o]),
        );
        const apply = ({ type, object }: WatchEvent): void => {
          const { name: key } = (object as StoredObject).metadata;
          expect(state.has(key)).toBe(type !== "ADDED");
          if (type === "DELETED") state.delete(key);
          else state.set(key, object as StoredObject);
        };
        collection.watch(
          selection,
          { events: (batch) => batch.forEach(apply), closed: () => undefined },
          revision,
        );
        const now = collection.page({ selection }).objects;
        expect(new Map([...state].sort())).toEqual(new Map(now.map((o) => [o.metadata.name, o])));
      }),
    );
  });
}
