import { expect, test } from "vitest";
import { createTestEnv } from "../../base/test-env.ts";
import { sample, storeContract } from "./collection.contract.ts";
import { createStore } from "./store.ts";

storeContract("in memory", () => createStore(createTestEnv()));

test("an object with a time to live goes when it was not written for that long", async () => {
  const env = createTestEnv();
  const collection = createStore(env).open({ timeToLiveMs: 1_000 });
  const lines: string[] = [];
  collection.watch(
    {},
    {
      events: (batch) => lines.push(...batch.map(({ type }) => type)),
      closed: () => undefined,
    },
  );
  collection.put(sample("a"), undefined);
  collection.put(sample("b"), undefined);
  await env.clock.advance(600);
  collection.put(sample("a", "again"), collection.get("default/a")?.metadata.resourceVersion);
  await env.clock.advance(600);
  expect([...collection.values()].map(({ metadata }) => metadata.name)).toEqual(["a"]);
  await env.clock.advance(600);
  expect(collection.size).toBe(0);
  expect(lines).toEqual(["ADDED", "ADDED", "MODIFIED", "DELETED", "DELETED"]);
});
