import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { createLane, type LaneOptions } from "./lane.ts";

interface Item {
  readonly name: string;
}

function createTestLane(options: Partial<LaneOptions<Item>> = {}) {
  const env = createTestEnv();
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  const lane = createLane<Item>(
    {
      maxInFlight: 2,
      timeoutMs: 1_000,
      async run({ name }, dueMs) {
        lines.push(`${env.clock.monotonicMs()} ${name} due ${dueMs}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return undefined;
      },
      ...options,
    },
    env,
  );
  return { env, lane, lines, finish: () => waiting.shift()?.() };
}

test("items run at their times, no more at once than allowed, the others as soon as there is room", async () => {
  const { env, lane, lines, finish } = createTestLane();
  for (const name of ["a", "b", "c"]) lane.schedule({ name }, 100);
  await env.clock.advance(150);
  expect(lines).toEqual(["100 a due 100", "100 b due 100"]);
  finish();
  await env.clock.advance(0);
  expect(lines.at(-1)).toBe("150 c due 100");
});

test("runs start at ticks, together", async () => {
  const { env, lane, lines } = createTestLane({ maxInFlight: 9, tickMs: 50 });
  for (const [name, delayMs] of [
    ["a", 1],
    ["b", 50],
    ["c", 51],
  ] as const)
    lane.schedule({ name }, delayMs);
  await env.clock.advance(200);
  expect(lines).toEqual(["50 a due 50", "50 b due 50", "100 c due 100"]);
});

test("a run says when to run again", async () => {
  const times: number[] = [];
  const { env, lane } = createTestLane({
    run: async () => {
      times.push(env.clock.monotonicMs());
      return times.length < 3 ? 10 : undefined;
    },
  });
  lane.schedule({ name: "a" }, 5);
  await env.clock.advance(1_000);
  expect(times).toEqual([5, 15, 25]);
});

test("an item that is scheduled again is moved, and one under way runs again afterwards", async () => {
  const { env, lane, lines, finish } = createTestLane();
  const item = { name: "a" };
  lane.schedule(item, 100);
  lane.schedule(item, 20);
  await env.clock.advance(50);
  lane.schedule(item, 30);
  finish();
  await env.clock.advance(200);
  expect(lines).toEqual(["20 a due 20", "80 a due 80"]);
});

test("an item that is cancelled does not run, nor again after a run under way", async () => {
  const { env, lane, lines, finish } = createTestLane({ maxInFlight: 1 });
  const [running, queued, scheduled] = [{ name: "a" }, { name: "b" }, { name: "c" }];
  lane.schedule(running, 0);
  lane.schedule(queued, 0);
  lane.schedule(scheduled, 100);
  await env.clock.advance(1);
  for (const item of [running, queued, scheduled]) lane.cancel(item);
  finish();
  await env.clock.advance(1_000);
  expect(lines).toEqual(["0 a due 0"]);
});

test("the signal of a run that takes too long is aborted", async () => {
  let reason: unknown;
  const { env, lane } = createTestLane({
    run: (_item, _dueMs, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          reason = signal.reason;
          resolve(undefined);
        });
      }),
  });
  lane.schedule({ name: "a" }, 0);
  await env.clock.advance(999);
  expect(reason).toBeUndefined();
  await env.clock.advance(1);
  expect(reason).toBeDefined();
});

test("a lane that closes waits for what is under way, but not for ever", async () => {
  const { env, lane, lines, finish } = createTestLane({ maxInFlight: 1 });
  lane.schedule({ name: "a" }, 0);
  lane.schedule({ name: "b" }, 0);
  await env.clock.advance(1);
  let closed = false;
  void lane.close(500).then(() => {
    closed = true;
  });
  await env.clock.advance(499);
  expect(closed).toBe(false);
  finish();
  await env.clock.advance(0);
  expect(closed).toBe(true);
  lane.schedule({ name: "c" }, 0);
  await env.clock.advance(1_000);
  expect(lines).toEqual(["0 a due 0"]);
});

test("a lane that closes gives up what does not end", async () => {
  const signals: AbortSignal[] = [];
  const { env, lane } = createTestLane({
    timeoutMs: 60_000,
    run: (_item, _dueMs, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    },
  });
  lane.schedule({ name: "a" }, 0);
  await env.clock.advance(1);
  let closed = false;
  void lane.close(500).then(() => {
    closed = true;
  });
  await env.clock.advance(500);
  expect(closed).toBe(true);
  expect(signals[0]?.aborted).toBe(true);
});
