import { describe, expect, test } from "vitest";
import { type Clock, sleep } from "../base/clock.ts";
import { createManualClock } from "../base/manual-clock.ts";
import { createSystemClock } from "../base/system-clock.ts";
import { createTestEnv } from "../base/test-env.ts";
import { nodes } from "../k8s/resources.ts";
import type { Node } from "../k8s/types/core.ts";
import { type CollectionServer, startCollectionServer } from "./collection-server.fixture.ts";
import { createComponentClient } from "./component-client.ts";
import { FakeCollection } from "./fake-collection.fixture.ts";
import { createInformer } from "./informer.ts";
import type { Informer } from "./informer-types.ts";
import { renewedCertificate, serverCertificate } from "./test-certificates.fixture.ts";
import { respondJson, startStallingProxy, type TestRequest, until } from "./test-server.fixture.ts";
import { createTransports } from "./transports.ts";

/** Waits of client-go's length, fifty times as fast; what is measured is as long as it is. */
function hurried(clock: Clock, times = 50): Clock {
  return { ...clock, schedule: (delayMs, callback) => clock.schedule(delayMs / times, callback) };
}

interface Setting extends AsyncDisposable {
  readonly collection: FakeCollection;
  readonly served: CollectionServer;
  readonly informer: Informer<Node>;
  readonly heard: string[];
}

/** One node's informer, on a connection of its own to a server that works at first. */
async function setUp(
  http2: "own" | "node",
  clock: Clock,
  via: (port: number) => number = (port) => port,
): Promise<Setting> {
  const env = { ...createTestEnv(), clock };
  const collection = new FakeCollection();
  for (const name of ["a", "b", "c"]) collection.put(name);
  const served = await startCollectionServer(serverCertificate, collection);
  const ca = serverCertificate.cert + renewedCertificate.cert;
  const port = via(served.server.port);
  const transports = createTransports({ server: `https://127.0.0.1:${port}`, tls: { ca } }, env, {
    http2,
  });
  const transport = transports.open();
  const access = Object.assign({ transport }, { [Symbol.asyncDispose]: async () => {} });
  const client = createComponentClient({ access }, env);
  const informer = createInformer(client, nodes, { watchList: false }, env);
  const heard: string[] = [];
  informer.subscribe({
    added: ({ metadata }) => heard.push(`+${metadata.name}`),
    updated: ({ metadata }) => heard.push(`~${metadata.name}`),
    deleted: ({ metadata }) => heard.push(`-${metadata.name}`),
  });
  await informer.synced;
  await until(() => collection.watchCount === 1);
  heard.length = 0;
  return {
    collection,
    served,
    informer,
    heard,
    async [Symbol.asyncDispose]() {
      await informer[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
    },
  };
}

const isWatch = ({ path }: TestRequest): boolean => path.includes("watch=true");

interface FaultCase {
  readonly name: string;
  /** What befalls the connection or the server; a change behind its back follows. */
  readonly strike: (setting: Setting) => void;
}

const cases: readonly FaultCase[] = [
  {
    name: "its connection is cut",
    strike: ({ served }) => {
      for (const session of served.server.sessions) session.destroy();
    },
  },
  {
    name: "its connection is cut in the middle of an event",
    strike({ served, collection }) {
      served.fault = (request) => {
        if (!isWatch(request)) return false;
        served.fault = undefined;
        request.stream.respond({ ":status": 200, "content-type": "application/json" });
        request.stream.write('{"type":"ADDED","object":{"kind":"No', () =>
          request.session.destroy(),
        );
        return true;
      };
      collection.endWatches("timeout");
    },
  },
  {
    name: "the server closes the connection by GOAWAY, and ends the watches",
    strike({ served, collection }) {
      for (const session of served.server.sessions) session.close();
      collection.endWatches("timeout");
    },
  },
  {
    name: "the server is busy: 429 with Retry-After",
    strike: ({ served, collection }) => {
      refuse(served, 429, 5, { "retry-after": "1" });
      collection.endWatches("timeout");
    },
  },
  {
    name: "the server is busy: 429 without a word of when",
    strike: ({ served, collection }) => {
      refuse(served, 429, 3);
      collection.endWatches("timeout");
    },
  },
  {
    name: "the server answers 500",
    strike: ({ served, collection }) => {
      refuse(served, 500, 4);
      collection.endWatches("timeout");
    },
  },
  {
    name: "the server answers 503 with Retry-After",
    strike: ({ served, collection }) => {
      refuse(served, 503, 4, { "retry-after": "1" });
      collection.endWatches("timeout");
    },
  },
  {
    name: "the server has a new certificate, and closes what is open",
    strike: ({ served }) => {
      served.server.setCertificate(renewedCertificate);
      for (const session of served.server.sessions) session.destroy();
    },
  },
];

function refuse(
  served: CollectionServer,
  status: number,
  times: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  let left = times;
  served.fault = ({ stream }) => {
    if (left === 0) return false;
    left -= 1;
    respondJson(stream, { kind: "Status", code: status, reason: "" }, status, headers);
    return true;
  };
}

describe.each(["own", "node"] as const)("%s:", (http2) => {
  test.each(cases)("no change is lost when $name", async ({ strike }) => {
    await using setting = await setUp(http2, hurried(createSystemClock({ tickMs: 1 })));
    const { collection, informer, heard, served } = setting;
    const before = served.requests;
    strike(setting);
    collection.put("d");
    collection.delete("a");
    await until(() => heard.length >= 2);
    expect(heard.sort()).toEqual(["+d", "-a"]);
    await until(() => collection.watchCount === 1);
    collection.put("e");
    await until(() => heard.length === 3);
    expect([...informer.indexer.values()].map(({ metadata }) => metadata.name).sort()).toEqual([
      "b",
      "c",
      "d",
      "e",
    ]);
    // Each fault has its few tries, and nothing spins.
    expect(served.requests - before).toBeLessThanOrEqual(12);
  });

  test("while a server refuses, it is asked less and less often", async () => {
    const clock = hurried(createSystemClock({ tickMs: 1 }), 200);
    await using setting = await setUp(http2, clock);
    const { collection, served } = setting;
    refuse(served, 500, Number.POSITIVE_INFINITY);
    const before = served.requests;
    collection.endWatches("timeout");
    await sleep(clock, 60_000);
    // 0.8 + 1.6 + 3.2 + … s, each up to twice as long.
    expect(served.requests - before).toBeLessThanOrEqual(9);
    expect(served.requests - before).toBeGreaterThanOrEqual(3);
  });

  test("one whose server takes 5 s for an answer asks for nothing twice", async () => {
    const clock = hurried(createSystemClock({ tickMs: 1 }));
    await using setting = await setUp(http2, clock);
    const { collection, served, heard } = setting;
    served.fault = (request) => {
      void sleep(clock, 5_000).then(() => {
        served.fault = undefined;
        served.answer(request);
      });
      return true;
    };
    const before = served.requests;
    collection.put("d");
    collection.endWatches("timeout");
    collection.put("e");
    await until(() => heard.length === 2);
    expect(heard).toEqual(["+d", "+e"]);
    expect(served.requests - before).toBe(1);
  });

  test("a connection that is dead and does not say so is found out by a ping", async () => {
    const clock = createManualClock();
    const real = createSystemClock({ tickMs: 1 });
    let target = 0;
    await using proxy = await startStallingProxy(() => target);
    await using setting = await setUp(http2, clock, (port) => {
      target = port;
      return proxy.port;
    });
    const { collection, heard, served } = setting;
    proxy.stall();
    collection.put("d");
    // Silent for 30 s, and then 15 s without an answer; a list follows after the first wait.
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1_000);
      await sleep(real, 2);
    }
    await until(() => heard.length === 1);
    expect(heard).toEqual(["+d"]);
    expect(served.server.sessionCount).toBe(2);
  });
});
