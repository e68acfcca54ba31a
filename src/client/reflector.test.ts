import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { nodes } from "../k8s/resources.ts";
import { expired, failure, type Status } from "../k8s/status.ts";
import { TransportError } from "../k8s/transport.ts";
import { createClient } from "./api-client.ts";
import { FakeCollection, serverDown } from "./fake-collection.fixture.ts";
import { type ReflectorOptions, runReflector } from "./reflector.ts";

const refused = new TransportError("unreachable", "connection refused");
const cut = new TransportError("connection-lost", "the server closed the connection");
const noPong = new TransportError("timeout", "no answer to a ping");
const busy = failure(429, "TooManyRequests", "slow down");
const tooLarge = failure(504, "Timeout", "too large", {
  causes: [{ reason: "ResourceVersionTooLarge" }],
});

const store = { beginList() {}, endList() {}, apply() {}, remove() {} };

function setUp(
  options: Partial<ReflectorOptions> = {},
  prepare?: (collection: FakeCollection) => void,
) {
  const env = createTestEnv();
  const collection = new FakeCollection();
  for (const name of ["a", "b", "c"]) collection.put(name);
  prepare?.(collection);
  const client = createClient({ transport: collection.transport });
  const stop = new AbortController();
  const all = { pageSize: 500, watchList: false, retryMaxMs: 30_000, ...options };
  const running = runReflector(client, nodes, all, store, env, stop.signal);
  return {
    clock: env.clock,
    collection,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the test is over"));
      await running;
    },
  };
}

interface Step {
  readonly name: string;
  readonly watchList?: boolean;
  /** How long the watch runs before. Default 2 s. */
  readonly afterMs?: number;
  readonly end: "timeout" | Error | Status;
  /** What the next requests get. */
  readonly fail?: readonly (Status | Error)[];
  /** What is asked at once, and what within 5 s. */
  readonly atOnce: readonly string[];
  readonly later?: readonly string[];
}

const watchFromKnown = "watch resourceVersion=103";
const listFromKnown = "list resourceVersion=103";
const initial = "resourceVersionMatch=NotOlderThan sendInitialEvents=true";

// What client-go does; see `reflector.go`.
test.each<Step>([
  { name: "its timeout: a watch", end: "timeout", atOnce: [watchFromKnown] },
  { name: "a cut: a watch", end: cut, atOnce: [watchFromKnown] },
  {
    name: "its timeout within a second: a list of what is known, later",
    afterMs: 500,
    end: "timeout",
    atOnce: [],
    later: [listFromKnown, watchFromKnown],
  },
  {
    name: "a peer that is silent: a list of what is known, later",
    end: noPong,
    atOnce: [],
    later: [listFromKnown, watchFromKnown],
  },
  {
    name: "410: a list of what is known, later",
    end: expired("1", "2"),
    atOnce: [],
    later: [listFromKnown, watchFromKnown],
  },
  {
    name: "410, and the list gets it too: the list of what is there now, at once",
    end: expired("1", "2"),
    fail: [expired("1", "2")],
    atOnce: [],
    later: [listFromKnown, "list", watchFromKnown],
  },
  {
    name: "410, and the version is of the future: the same",
    end: expired("1", "2"),
    fail: [tooLarge],
    atOnce: [],
    later: [listFromKnown, "list", watchFromKnown],
  },
  { name: "429: a watch, later", end: busy, atOnce: [], later: [watchFromKnown] },
  {
    name: "500: a list, later",
    end: failure(500, "InternalError", "etcd is unhappy"),
    atOnce: [],
    later: [listFromKnown, watchFromKnown],
  },
  {
    name: "a cut, and then nobody listens: watches, later",
    end: cut,
    fail: [refused, refused],
    atOnce: [watchFromKnown],
    later: [watchFromKnown, watchFromKnown],
  },
  {
    name: "a cut, and then the server is not ready: a list, later",
    end: cut,
    fail: [serverDown],
    atOnce: [watchFromKnown],
    later: [listFromKnown, watchFromKnown],
  },
  {
    name: "a cut, and then the server has forgotten: a list, later",
    end: cut,
    fail: [expired("1", "2")],
    atOnce: [watchFromKnown],
    later: [listFromKnown, watchFromKnown],
  },
  {
    name: "410 of one that lists by watching: such a watch from what is known, later",
    watchList: true,
    end: expired("1", "2"),
    atOnce: [],
    later: [`watch resourceVersion=103 ${initial}`],
  },
  {
    name: "410, and such a watch gets it too: one of what is there now, at once",
    watchList: true,
    end: expired("1", "2"),
    fail: [expired("1", "2")],
    atOnce: [],
    later: [`watch resourceVersion=103 ${initial}`, `watch ${initial}`],
  },
])("after $name", async ({ watchList = false, afterMs = 2_000, end, fail, atOnce, later = [] }) => {
  await using setting = setUp({ watchList });
  const { clock, collection } = setting;
  await clock.advance(0);
  await clock.advance(afterMs);
  collection.asked.length = 0;
  collection.fail(...(fail ?? []));
  collection.endWatches(end);
  await clock.advance(0);
  expect(collection.asked).toEqual(atOnce);
  await clock.advance(5_000);
  expect(collection.asked).toEqual([...atOnce, ...later]);
  expect(collection.watchCount).toBe(1);
});

test.each([
  {
    name: "a list and a watch",
    options: {},
    asked: ["list limit=500 resourceVersion=0", "watch resourceVersion=103"],
  },
  { name: "a watch", options: { watchList: true }, asked: [`watch ${initial}`] },
])("it begins with $name", async ({ options, asked }) => {
  await using setting = setUp(options);
  await setting.clock.advance(0);
  expect(setting.collection.asked).toEqual(asked);
});

test.each([
  { name: "does not know it", supports: false, fail: [] },
  { name: "has a fault", supports: true, fail: [serverDown] },
])("a list by watching whose server $name is a list at once", async ({ supports, fail }) => {
  await using setting = setUp({ watchList: true }, (collection) => {
    collection.supportsWatchList = supports;
    collection.fail(...fail);
  });
  await setting.clock.advance(0);
  expect(setting.collection.asked).toEqual([
    `watch ${initial}`,
    "list limit=500 resourceVersion=0",
    "watch resourceVersion=103",
  ]);
});

test.each([
  { name: "by default", options: {}, min: 300, max: 600, hasTimeout: false },
  {
    name: "as asked",
    options: { watchSeconds: [1_800, 3_600], informerTimeout: true } as const,
    min: 1_800,
    max: 3_600,
    hasTimeout: true,
  },
])("how long its watches last: $name", async ({ options, min, max, hasTimeout }) => {
  const env = createTestEnv();
  const collection = new FakeCollection();
  const limits: { readonly seconds: number; readonly timeout: string | undefined }[] = [];
  const client = createClient({
    transport: (request) => {
      const { watch, timeoutSeconds, timeout, ...rest } = request.query ?? {};
      if (watch === undefined) return collection.transport(request);
      limits.push({ seconds: Number(timeoutSeconds), timeout });
      return collection.transport({ ...request, query: { watch, ...rest } });
    },
  });
  const stop = new AbortController();
  const all = { pageSize: 500, watchList: false, retryMaxMs: 30_000, ...options };
  const running = runReflector(client, nodes, all, store, env, stop.signal);
  for (let round = 0; round < 30; round += 1) {
    await env.clock.advance(2_000);
    collection.endWatches("timeout");
  }
  stop.abort(new Error("the test is over"));
  await running;
  expect(limits.length).toBeGreaterThanOrEqual(30);
  for (const { seconds, timeout } of limits) {
    expect(seconds).toBeGreaterThanOrEqual(min);
    expect(seconds).toBeLessThan(max);
    const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
    expect(timeout).toBe(hasTimeout ? `${minutes}m${rest}s` : undefined);
  }
  expect(new Set(limits.map(({ seconds }) => seconds)).size).toBeGreaterThan(10);
});
