import { expect, test } from "vitest";
import { resolveIntOrPercent } from "./int-or-percent.ts";

test.each([
  { value: 3, total: 10, rounding: "up" as const, result: 3 },
  { value: "25%", total: 10, rounding: "up" as const, result: 3 },
  { value: "25%", total: 10, rounding: "down" as const, result: 2 },
  { value: "100%", total: 7, rounding: "down" as const, result: 7 },
  { value: "0%", total: 7, rounding: "up" as const, result: 0 },
  { value: "many", total: 7, rounding: "up" as const, result: 0 },
])("$value of $total, $rounding", ({ value, total, rounding, result }) => {
  expect(resolveIntOrPercent(value, total, rounding)).toBe(result);
});
