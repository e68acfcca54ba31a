import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { ApiError, conflict } from "../k8s/status.ts";
import { startReconcileLoop } from "./reconcile-loop.ts";

function startLoop(reconcile: (key: string) => Promise<number | undefined>, workers: number = 1) {
  const env = createTestEnv();
  const stop = new AbortController();
  const after = [Promise.resolve()];
  const options = { name: "test", workers, after, signal: stop.signal, reconcile };
  return { env, stop, loop: startReconcileLoop(options, env) };
}

test("a key that was asked for many times is worked on once", async () => {
  const keys: string[] = [];
  const { env, loop } = startLoop(async (key) => {
    keys.push(key);
    return undefined;
  });
  for (const key of ["a", "b", "a", "a"]) loop.add(key);
  await env.clock.advance(0);
  expect(keys).toEqual(["a", "b"]);
});

test("one that asks to be called again is", async () => {
  const timesMs: number[] = [];
  const { env, loop } = startLoop(async () => {
    timesMs.push(env.clock.monotonicMs());
    return timesMs.length < 3 ? 1_000 : undefined;
  });
  loop.add("a");
  await env.clock.advance(10_000);
  expect(timesMs).toEqual([0, 1_000, 2_000]);
});

test("one that fails is tried again after pauses that grow, and that stop growing at a minute", async () => {
  const timesMs: number[] = [];
  const { env, loop } = startLoop(async () => {
    timesMs.push(env.clock.monotonicMs());
    throw new ApiError(conflict({ group: "", plural: "pods" }, "a"));
  });
  loop.add("a");
  await env.clock.advance(600_000);
  const pauses = timesMs.slice(1).map((timeMs, index) => timeMs - (timesMs[index] ?? 0));
  for (const [index, pauseMs] of pauses.entries()) {
    const leastMs = Math.min(5 * 2 ** index, 30_000);
    expect(pauseMs).toBeGreaterThanOrEqual(leastMs);
    expect(pauseMs).toBeLessThanOrEqual(leastMs * 2);
  }
  expect(pauses.length).toBeGreaterThan(15);
});

test("it stops when it is told to, after the work that is under way", async () => {
  const finish = new Map<string, () => void>();
  const { env, loop, stop } = startLoop(
    (key) => new Promise((resolve) => finish.set(key, () => resolve(undefined))),
  );
  loop.add("a");
  loop.add("b");
  await env.clock.advance(0);
  let stopped = false;
  void loop.stopped.then(() => {
    stopped = true;
  });
  stop.abort();
  await env.clock.advance(0);
  expect(stopped).toBe(false);
  finish.get("a")?.();
  await env.clock.advance(0);
  expect(stopped).toBe(true);
  expect([...finish.keys()]).toEqual(["a"]);
});
