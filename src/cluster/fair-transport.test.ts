import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createSystemClock } from "../base/system-clock.ts";
import type { ApiResponse } from "../k8s/transport.ts";
import { createFairTransport } from "./fair-transport.ts";

const clock = createSystemClock();

const answer: ApiResponse = { status: 200, headers: {}, body: { kind: "none" } };

/** Keeps the processor for `ms`. */
function work(ms: number): void {
  const endMs = clock.monotonicMs() + ms;
  while (clock.monotonicMs() < endMs);
}

test("the event loop turns while calls follow each other", async () => {
  const transport = createFairTransport(
    async () => {
      work(2);
      return answer;
    },
    { clock },
  );
  let done = false;
  const calls = (async () => {
    for (let call = 0; call < 50; call += 1) await transport({ method: "GET", path: "/" });
    done = true;
  })();
  let turns = 0;
  while (!done) {
    await setImmediate();
    turns += 1;
  }
  await calls;
  // 100 ms of work in slices of 10 ms and a call.
  expect(turns).toBeGreaterThanOrEqual(7);
});

test("calls keep their order across a turn", async () => {
  const seen: string[] = [];
  const transport = createFairTransport(
    async ({ path }) => {
      seen.push(path);
      work(4);
      return answer;
    },
    { clock },
  );
  const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
  await Promise.all(paths.map((path) => transport({ method: "GET", path })));
  expect(seen).toEqual(paths);
});
