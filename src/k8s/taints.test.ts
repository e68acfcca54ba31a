import { expect, test } from "vitest";
import { firstUntolerated, formatTaint, tolerates } from "./taints.ts";
import type { Taint, Toleration } from "./types/core.ts";

const gpu: Taint = { key: "gpu", value: "yes", effect: "NoSchedule" };

const rows: { name: string; toleration: Toleration; covers: boolean }[] = [
  { name: "Equal by default", toleration: { key: "gpu", value: "yes" }, covers: true },
  { name: "another value", toleration: { key: "gpu", value: "no" }, covers: false },
  { name: "Exists takes any value", toleration: { key: "gpu", operator: "Exists" }, covers: true },
  { name: "Exists without a key takes all", toleration: { operator: "Exists" }, covers: true },
  { name: "another key", toleration: { key: "cpu", operator: "Exists" }, covers: false },
  {
    name: "another effect",
    toleration: { key: "gpu", operator: "Exists", effect: "NoExecute" },
    covers: false,
  },
  {
    name: "the same effect",
    toleration: { key: "gpu", value: "yes", effect: "NoSchedule" },
    covers: true,
  },
];

test.each(rows)("gpu=yes:NoSchedule is tolerated: $name", ({ toleration, covers }) => {
  expect(tolerates(toleration, gpu)).toBe(covers);
});

test("the first taint of the effects that nobody tolerates", () => {
  const soft: Taint = { key: "a", effect: "PreferNoSchedule" };
  const hard: Taint = { key: "b", effect: "NoExecute" };
  expect(
    firstUntolerated(
      [soft, gpu, hard],
      [{ key: "gpu", operator: "Exists" }],
      ["NoSchedule", "NoExecute"],
    ),
  ).toBe(hard);
  expect(firstUntolerated([soft], undefined, ["NoSchedule"])).toBeUndefined();
});

test.each([
  { taint: gpu, text: "gpu=yes:NoSchedule" },
  { taint: { key: "a", effect: "NoExecute" } as const, text: "a:NoExecute" },
])("$text", ({ taint, text }) => {
  expect(formatTaint(taint)).toBe(text);
});
