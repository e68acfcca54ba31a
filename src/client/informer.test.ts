import fc from "fast-check";
import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { nodes } from "../k8s/resources.ts";
import { expired, failure } from "../k8s/status.ts";
import { TransportError } from "../k8s/transport.ts";
import type { Node } from "../k8s/types/core.ts";
import { createClient } from "./api-client.ts";
import { FakeCollection } from "./fake-collection.fixture.ts";
import { createInformer } from "./informer.ts";
import type { Informer, InformerOptions } from "./informer-types.ts";

const oneDown = new TransportError("unreachable", "connect: connection refused");

function setUp(
  options: InformerOptions<Node> = {},
  prepare?: (collection: FakeCollection) => void,
) {
  const env = createTestEnv();
  const collection = new FakeCollection();
  for (const name of ["a", "b", "c"]) collection.put(name);
  prepare?.(collection);
  const client = createClient({ transport: collection.transport });
  const informer = createInformer(client, nodes, options, env);
  const heard: string[] = [];
  informer.subscribe({
    added: ({ metadata }) => heard.push(`+${metadata.name}`),
    updated: ({ metadata }) => heard.push(`~${metadata.name}`),
    deleted: ({ metadata }) => heard.push(`-${metadata.name}`),
  });
  return { env, clock: env.clock, collection, informer, heard };
}

function namesOf(informer: Informer<Node>): string[] {
  return [...informer.indexer.values()].map(({ metadata }) => metadata.name).sort();
}

test("it lists by watching, then follows", async () => {
  const { clock, collection, informer, heard } = setUp();
  await clock.advance(0);
  await informer.synced;
  expect(collection.asked).toEqual([
    "watch resourceVersionMatch=NotOlderThan sendInitialEvents=true",
  ]);
  collection.put("d");
  collection.put("a", { zone: "1" });
  collection.delete("b");
  expect(heard).toEqual(["+a", "+b", "+c", "+d", "~a", "-b"]);
  expect(namesOf(informer)).toEqual(["a", "c", "d"]);
  await informer[Symbol.asyncDispose]();
  expect(collection.watchCount).toBe(0);
});

test("it lists in pages where the server knows no list by watching, and gives items their kind", async () => {
  const { clock, collection, informer } = setUp({ pageSize: 2 }, (fake) => {
    fake.supportsWatchList = false;
  });
  await clock.advance(0);
  expect(collection.asked.slice(1)).toEqual([
    "list limit=2 resourceVersion=0",
    "list continue=2@103 limit=2",
    "watch resourceVersion=103",
  ]);
  expect(namesOf(informer)).toEqual(["a", "b", "c"]);
  expect(informer.indexer.get("a")).toMatchObject({ kind: "Node", apiVersion: "v1" });
  await informer[Symbol.asyncDispose]();
});

test("a continuation that has expired makes it list all at once", async () => {
  const { clock, collection, informer } = setUp({ pageSize: 2, watchList: false }, (fake) => {
    const { transport } = fake;
    fake.transport = (request) => {
      if (request.query?.["continue"] !== undefined) {
        fake.put("d");
        fake.compact();
      }
      return transport(request);
    };
  });
  await clock.advance(0);
  expect(collection.asked).toEqual([
    "list limit=2 resourceVersion=0",
    "list continue=2@103 limit=2",
    "list resourceVersion=0",
    "watch resourceVersion=104",
  ]);
  expect(namesOf(informer)).toEqual(["a", "b", "c", "d"]);
  await informer[Symbol.asyncDispose]();
});

test.each([
  { name: "with bookmarks from the last of them", bookmark: true, version: 104 },
  { name: "without from the last event", bookmark: false, version: 103 },
])("a watch that times out is resumed: $name", async ({ bookmark, version }) => {
  const { clock, collection, informer, heard } = setUp();
  await clock.advance(2_000);
  if (bookmark) {
    // Of another type: only the version moves on.
    collection.put("z");
    collection.bookmark();
  }
  heard.length = 0;
  collection.endWatches("timeout");
  await clock.advance(0);
  expect(collection.asked.at(-1)).toBe(`watch resourceVersion=${version}`);
  collection.put("d");
  expect(heard).toEqual(["+d"]);
  await informer[Symbol.asyncDispose]();
});

test.each([
  { name: "an ERROR event", expire: (fake: FakeCollection) => fake.endWatches(expired("1", "2")) },
  {
    name: "a watch that is refused",
    expire: (fake: FakeCollection) => fake.endWatches(oneDown),
  },
])("after 410 in $name it lists anew and tells what was deleted meanwhile", async ({ expire }) => {
  const { clock, collection, informer, heard } = setUp();
  await clock.advance(2_000);
  heard.length = 0;
  // Behind the informer's back: the watch is over before the changes.
  expire(collection);
  collection.delete("b");
  collection.put("c", { zone: "2" });
  collection.put("d");
  collection.compact();
  await clock.advance(5_000);
  expect(heard.sort()).toEqual(["+d", "-b", "~c"]);
  expect(namesOf(informer)).toEqual(["a", "c", "d"]);
  await informer[Symbol.asyncDispose]();
});

test("while the server is down it tries less and less often, and comes back where it was", async () => {
  const { clock, collection, informer, heard } = setUp();
  await clock.advance(2_000);
  heard.length = 0;
  collection.fail(...Array.from({ length: 100 }, () => oneDown));
  collection.endWatches(oneDown);
  const before = collection.asked.length;
  await clock.advance(60_000);
  const tries = collection.asked.length - before;
  // 0.8 + 1.6 + 3.2 + 6.4 + 12.8 + 25.6 s, each up to twice as long.
  expect(tries).toBeGreaterThanOrEqual(4);
  expect(tries).toBeLessThanOrEqual(6);
  collection.put("d");
  while (!heard.includes("+d")) {
    await clock.advance(60_000);
    if (collection.asked.length > 150) break;
  }
  expect(heard).toEqual(["+d"]);
  await informer[Symbol.asyncDispose]();
}, 20_000);

test("it waits as long as the server asks", async () => {
  const { clock, collection, informer } = setUp({}, (fake) => {
    fake.fail(failure(429, "TooManyRequests", "slow down", { retryAfterSeconds: 20 }));
  });
  await clock.advance(19_000);
  expect(collection.asked.length).toBe(1);
  await clock.advance(1_000);
  expect(collection.asked.length).toBe(2);
  expect(informer.hasSynced).toBe(true);
  await informer[Symbol.asyncDispose]();
});

test("a server that ends its watches at once is not asked again at once", async () => {
  const { clock, collection, informer } = setUp();
  await clock.advance(2_000);
  for (let round = 0; round < 50; round += 1) {
    collection.endWatches("timeout");
    await clock.advance(10);
  }
  // One that had lived long is resumed; the next had not.
  expect(collection.asked.length).toBeLessThanOrEqual(3);
  await informer[Symbol.asyncDispose]();
});

test("indexes follow the objects, and transform decides what is kept of them", async () => {
  const { clock, collection, informer } = setUp({
    indexes: { zone: ({ metadata }) => [metadata.labels?.["zone"] ?? "none"] },
    transform: (node) => ({
      ...node,
      metadata: { ...node.metadata, annotations: { kept: "yes" } },
    }),
  });
  await clock.advance(0);
  collection.put("a", { zone: "1" });
  collection.put("d", { zone: "1" });
  collection.delete("c");
  const inZone = (zone: string): string[] =>
    informer.indexer.byIndex("zone", zone).map(({ metadata }) => metadata.name);
  expect(inZone("1")).toEqual(["a", "d"]);
  expect(inZone("none")).toEqual(["b"]);
  expect(informer.indexer.get("d")?.metadata.annotations).toEqual({ kept: "yes" });
  expect(() => informer.indexer.byIndex("rack", "1")).toThrow('there is no index "rack"');
  await informer[Symbol.asyncDispose]();
});

test("a late handler hears what is there; one that fails or is removed disturbs nobody", async () => {
  const { clock, collection, informer, heard } = setUp();
  await clock.advance(0);
  const late: string[] = [];
  const unsubscribe = informer.subscribe({
    added: ({ metadata }) => {
      late.push(metadata.name);
      if (metadata.name === "d") throw new Error("a bug");
    },
  });
  expect(late).toEqual(["a", "b", "c"]);
  collection.put("d");
  unsubscribe();
  collection.put("e");
  expect(late).toEqual(["a", "b", "c", "d"]);
  expect(heard).toEqual(["+a", "+b", "+c", "+d", "+e"]);
  await informer[Symbol.asyncDispose]();
});

test("one that is disposed before its first list rejects who waits for it", async () => {
  const { clock, informer } = setUp({}, (fake) => fake.fail(oneDown));
  await clock.advance(0);
  await informer[Symbol.asyncDispose]();
  await expect(informer.synced).rejects.toThrow("the informer of nodes was disposed");
});

test("whatever breaks in whatever order, it ends up like the collection", async () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("put" as const), name }),
    fc.record({ kind: fc.constant("delete" as const), name }),
    fc.record({
      kind: fc.constantFrom("timeout", "break", "expire", "compact", "bookmark", "wait"),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, watchList) => {
      const { clock, collection, informer, heard } = setUp({ pageSize: 2, watchList });
      for (const step of steps) {
        if (step.kind === "put" && "name" in step) collection.put(step.name);
        else if (step.kind === "delete" && "name" in step) collection.delete(step.name);
        else if (step.kind === "timeout") collection.endWatches("timeout");
        else if (step.kind === "break") collection.endWatches(oneDown);
        else if (step.kind === "expire") collection.endWatches(expired("1", "2"));
        else if (step.kind === "compact") collection.compact();
        else if (step.kind === "bookmark") collection.bookmark();
        else await clock.advance(1_500);
      }
      await clock.advance(120_000);
      const answer = await createClient({ transport: collection.transport }).list(nodes);
      expect([...informer.indexer.values()].sort(byName)).toEqual([...answer.items].sort(byName));
      // What the handlers heard adds up to the same.
      const alive = new Set<string>();
      for (const word of heard) {
        const node = word.slice(1);
        if (word.startsWith("+")) expect(alive.has(node)).toBe(false);
        else expect(alive.has(node)).toBe(true);
        if (word.startsWith("-")) alive.delete(node);
        else alive.add(node);
      }
      expect([...alive].sort()).toEqual(namesOf(informer));
      await informer[Symbol.asyncDispose]();
    }),
    { numRuns: 60 },
  );
});

function byName(left: Node, right: Node): number {
  return left.metadata.name < right.metadata.name ? -1 : 1;
}
