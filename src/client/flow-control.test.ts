import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { createTokenBucket } from "./flow-control.ts";

test("a burst passes at once, what follows at the rate, in order", async () => {
  const { clock } = createTestEnv();
  const bucket = createTokenBucket({ qps: 10, burst: 2 }, { clock });
  const passedMs: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    void bucket.take().then(() => passedMs.push(clock.monotonicMs()));
  }
  await clock.advance(1_000);
  expect(passedMs).toEqual([0, 0, 100, 200, 300]);
});

test("an idle bucket fills up to its burst and no further", async () => {
  const { clock } = createTestEnv();
  const bucket = createTokenBucket({ qps: 10, burst: 2 }, { clock });
  await clock.advance(60_000);
  expect([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()]).toEqual([true, true, false]);
  await clock.advance(100);
  expect(bucket.tryTake()).toBe(true);
});

test("who waits stops waiting when its signal is aborted", async () => {
  const bucket = createTokenBucket({ qps: 1, burst: 1 }, createTestEnv());
  const stop = new AbortController();
  await bucket.take(stop.signal);
  const waiting = bucket.take(stop.signal);
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  await expect(bucket.take(stop.signal)).rejects.toThrow("stopped");
});

test("tells how long it kept somebody waiting, and of nobody else", async () => {
  const env = createTestEnv();
  const waits: number[] = [];
  const bucket = createTokenBucket({ qps: 10, burst: 1, waited: (ms) => waits.push(ms) }, env);
  void bucket.take();
  void bucket.take();
  void bucket.take();
  await env.clock.advance(1_000);
  expect(waits).toEqual([100, 200]);
});
