import { expect, test } from "vitest";
import { createBackoff } from "./backoff.ts";
import { createRandom } from "./random.ts";

test("delays double up to the longest, and begin again after a reset", () => {
  const backoff = createBackoff({ initialMs: 800, maxMs: 3_000, jitter: 0 }, createRandom(1));
  expect([1, 2, 3, 4].map(() => backoff.nextMs())).toEqual([800, 1_600, 3_000, 3_000]);
  backoff.reset();
  expect(backoff.nextMs()).toBe(800);
});

test("jitter prolongs a delay by up to its share, and spreads", () => {
  const backoff = createBackoff(
    { initialMs: 1_000, factor: 1, maxMs: 1_000, jitter: 0.5 },
    createRandom(1),
  );
  const delays = Array.from({ length: 200 }, () => backoff.nextMs());
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...delays)).toBeLessThan(1_500);
  expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(400);
});
