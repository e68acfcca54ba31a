import fc from "fast-check";
import { expect, test } from "vitest";
import { formatGoDuration, parseGoDuration } from "./duration.ts";

test.each([
  ["0", 0],
  ["0s", 0],
  ["1m30s", 90_000],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["1.s", 1_000],
  ["-2s", -2_000],
  ["+2s", 2_000],
  ["1h0m0.5s", 3_600_500],
  ["100us", 0.1],
  ["100µs", 0.1],
  ["250ms", 250],
  ["", undefined],
  ["5", undefined],
  ["s", undefined],
  [".s", undefined],
  ["1 s", undefined],
  ["1d", undefined],
  ["1s ", undefined],
  ["1e3s", undefined],
  ["--1s", undefined],
])("%j is %s ms", (text, ms) => {
  expect(parseGoDuration(text)).toBe(ms);
});

test.each([
  [0, "0s"],
  [250, "250ms"],
  [1_500, "1.5s"],
  [90_000, "1m30s"],
  [3_600_000, "1h0m0s"],
  [-2_000, "-2s"],
  [0.1, "100µs"],
  [0.000_5, "500ns"],
  [86_400_001, "24h0m0.001s"],
])("%d ms is printed as %s", (ms, text) => {
  expect(formatGoDuration(ms)).toBe(text);
});

test("what is printed parses to the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
      expect(parseGoDuration(formatGoDuration(ms))).toBeCloseTo(ms, 3);
    }),
  );
});
